/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ONTO_SETTLE_H
#define ONTO_SETTLE_H

#include "plan.h"

/*
 * settle_plan - decide everything but the ids
 * @options, @seed: stay valid. Returns 0, or a negative errno after printing; release with
 * plan_release() in any case.
 */
int settle_plan(struct plan *plan, const struct sprout_options *options,
		const struct filesystem_device *seed, u32 nr_devices);

#endif
