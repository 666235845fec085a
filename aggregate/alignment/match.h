/* Runs whose control flow differs, made comparable.
 *
 * Every run is compared with the pivot, caller by caller, from the outermost: the calls
 * that one caller made are a sequence of (function, place), and so are those of the
 * same caller in the pivot. What the two sequences share gets the pivot's keys, and its
 * own calls are compared in turn; what is left over gets a key of its own, from its
 * caller, what it calls and the shared call before it, so that other runs that do the
 * same join:
 *
 *     pivot   f g f g h             run   f g f g f g h
 *                                         │ │ │ │ +  + │
 *
 * `place` orders calls of all runs on the pivot's time axis: 2·time of the pivot's
 * call; for a call that the pivot lacks, 2·time + 1 of the end of the shared call
 * before it (or of its caller's start). */
#ifndef PT_ALIGNMENT_MATCH_H
#define PT_ALIGNMENT_MATCH_H

#include "alignment/align.h"

enum pt_alignment {
    PT_ALIGN_STRICT,   /* up to the first difference within a caller */
    PT_ALIGN_CALLSITE, /* by occurrence */
    PT_ALIGN_LCS       /* longest common subsequence */
};

const char *pt_alignment_name(enum pt_alignment alignment);
/* PT_E_USAGE for another word. */
PT_MUST_CHECK enum pt_status pt_alignment_parse(const char *word,
                                                enum pt_alignment *alignment,
                                                struct pt_error *error);

/* Collective: sets the skeletons' partners and extras; the pivots' calls are unpacked
 * and have keys behind it. Calls off the main thread are matched by occurrence, since
 * their order is chance. *n_by_occurrence: callers whose calls differ too much for
 * anything else, over all ranks. */
PT_MUST_CHECK enum pt_status
pt_align_match(const struct pt_team *team, const struct pt_catalogue *catalogue,
               const uint32_t *pivots, enum pt_alignment alignment,
               struct pt_skeleton *skeletons, size_t n, uint64_t *n_by_occurrence,
               struct pt_error *error);

#endif
