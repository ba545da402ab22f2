/* SPDX-License-Identifier: GPL-2.0-or-later */
/* base64, and %XX. */
#include "text_codes.h"

#include "base/hex.h"

static int base64_value(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == '+')
		return 62;
	return c == '/' ? 63 : -1;
}

bool base64_decode(const char *text, size_t len, u8 *out, size_t *out_len)
{
	size_t padding = 0;
	while (padding < 2 && len > padding && text[len - 1 - padding] == '=')
		padding++;
	if (padding && len % 4)
		return false;
	len -= padding;
	if (len % 4 == 1)
		return false;
	u32 bits = 0, nr = 0;
	size_t n = 0;
	for (size_t i = 0; i < len; i++) {
		int v = base64_value(text[i]);
		if (v < 0)
			return false;
		bits = bits << 6 | (u32)v;
		nr += 6;
		if (nr >= 8) {
			nr -= 8;
			out[n++] = (u8)(bits >> nr);
		}
	}
	*out_len = n;
	return !(bits & ((1u << nr) - 1));
}

bool url_decode(const char *text, size_t len, char *out, size_t *out_len)
{
	size_t n = 0;
	for (size_t i = 0; i < len; i++) {
		if (text[i] != '%') {
			out[n++] = text[i];
			continue;
		}
		if (len - i < 3 || hex_value(text[i + 1]) < 0 || hex_value(text[i + 2]) < 0)
			return false;
		out[n++] = (char)(hex_value(text[i + 1]) << 4 | hex_value(text[i + 2]));
		i += 2;
	}
	*out_len = n;
	return true;
}

size_t gnu_keyword_decode(const char *text, size_t len, char *out)
{
	size_t n = 0;
	for (size_t i = 0; i < len; i++) {
		char c = text[i];
		if (c == '%' && len - i >= 3) {
			if (text[i + 1] == '3' && text[i + 2] == 'D')
				c = '=';
			else if (text[i + 1] != '2' || text[i + 2] != '5') {
				out[n++] = c;
				continue;
			}
			i += 2;
		}
		out[n++] = c;
	}
	return n;
}
