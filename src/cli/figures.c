/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "figures.h"

struct figures figures_begin(FILE *out, bool is_json)
{
	if (is_json)
		fputs("{", out);
	return (struct figures){ .out = out, .is_json = is_json, .separator = "" };
}

void figures_end(struct figures *f)
{
	if (f->is_json)
		fputs("\n}\n", f->out);
}

/* ---- strings of JSON --------------------------------------------------------------- */

/* Whether one byte behind the first of a sequence may follow; @nr: its place, from 1. */
static bool is_continued(u8 first, u8 byte, u32 nr)
{
	u8 low = 0x80, high = 0xbf;
	if (nr == 1) {
		low = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : low;
		high = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : high;
	}
	return byte >= low && byte <= high;
}

/* The length of the UTF-8 sequence at @p, which is terminated; 0 if it is none. */
static u32 sequence_bytes(const u8 *p)
{
	const u32 nr = *p < 0x80                  ? 1
		       : *p >= 0xc2 && *p <= 0xdf ? 2
		       : *p >= 0xe0 && *p <= 0xef ? 3
		       : *p >= 0xf0 && *p <= 0xf4 ? 4
						  : 0;
	for (u32 i = 1; i < nr; i++)
		if (!is_continued(*p, p[i], i))
			return 0;
	return nr;
}

/* A byte that is no UTF-8 becomes \udc80 to \udcff, as Python's os.fsdecode() has it. */
static void print_string(FILE *out, const char *text)
{
	putc('"', out);
	for (const u8 *p = (const u8 *)text; *p;) {
		const u32 nr = sequence_bytes(p);
		if (!nr)
			fprintf(out, "\\udc%02x", *p);
		else if (*p < ' ' || *p == 0x7f)
			fprintf(out, "\\u%04x", *p);
		else if (*p == '"' || *p == '\\')
			fprintf(out, "\\%c", *p);
		else
			fwrite(p, 1, nr, out);
		p += nr ? nr : 1;
	}
	putc('"', out);
}

/* ---- brackets of JSON -------------------------------------------------------------- */

/* What is in the outermost object begins a line. */
static void open_bracket(struct figures *f, const char *name, char bracket)
{
	if (!f->is_json)
		return;
	fprintf(f->out, "%s%s", f->separator, f->depth++ ? "" : "\n  ");
	if (name)
		fprintf(f->out, "\"%s\": ", name);
	putc(bracket, f->out);
	f->separator = "";
}

static void close_bracket(struct figures *f, char bracket)
{
	if (!f->is_json)
		return;
	putc(bracket, f->out);
	f->separator = --f->depth ? ", " : ",";
}

void figures_group(struct figures *f, const char *name)
{
	open_bracket(f, name, '{');
}

void figures_end_group(struct figures *f)
{
	close_bracket(f, '}');
}

void figures_list(struct figures *f, const char *name)
{
	open_bracket(f, name, '[');
}

void figures_end_list(struct figures *f)
{
	close_bracket(f, ']');
}

void figures_item(struct figures *f)
{
	if (!f->is_json)
		return;
	f->separator = *f->separator ? ",\n    " : "\n    ";
	open_bracket(f, NULL, '{');
}

void figures_end_item(struct figures *f)
{
	close_bracket(f, '}');
}

/* ---- facts ------------------------------------------------------------------------- */

/* Returns false if the fact is left out. */
static bool put_name(struct figures *f, const char *label, const char *name)
{
	if (f->is_json ? !name : !label)
		return false;
	if (f->is_json)
		fprintf(f->out, "%s\"%s\": ", f->separator, name);
	else
		fprintf(f->out, "%-22s ", label);
	f->separator = ", ";
	return true;
}

static void end_value(const struct figures *f, const char *unit)
{
	if (!f->is_json)
		fprintf(f->out, "%s%s\n", *unit ? " " : "", unit);
}

void figures_number(struct figures *f, const char *label, const char *name, u64 value,
		    const char *unit)
{
	if (!put_name(f, label, name))
		return;
	fprintf(f->out, f->is_json ? "%llu" : "%15llu", (unsigned long long)value);
	end_value(f, unit);
}

void figures_decimal(struct figures *f, const char *label, const char *name, double value,
		     const char *unit)
{
	if (!put_name(f, label, name))
		return;
	fprintf(f->out, f->is_json ? "%.3f" : "%15.3f", value);
	end_value(f, unit);
}

void figures_text(struct figures *f, const char *label, const char *name, const char *value)
{
	if (!put_name(f, label, name))
		return;
	if (f->is_json)
		print_string(f->out, value);
	else
		fputs(value, f->out);
	end_value(f, "");
}

void figures_bool(struct figures *f, const char *name, bool value)
{
	if (f->is_json && put_name(f, NULL, name))
		fputs(value ? "true" : "false", f->out);
}

void figures_value(struct figures *f, const char *text)
{
	if (!f->is_json)
		return;
	fputs(f->separator, f->out);
	print_string(f->out, text);
	f->separator = ", ";
}
