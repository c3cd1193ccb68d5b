/* match.c - patterns with * and ?, and lists of them. */
/* SPDX-License-Identifier: MIT */
#include "match.h"

/*
 * Only the last star is ever gone back to: what an earlier one would take more,
 * the last one can take as well. So the time is at most the product of the lengths.
 */
int match_glob(struct str s, struct str pattern)
{
	size_t i = 0, k = 0, star = SIZE_MAX, from = 0;

	while (i < s.len) {
		if (k < pattern.len && pattern.p[k] == '*') {
			star = k++;
			from = i;
		} else if (k < pattern.len && (pattern.p[k] == '?' || pattern.p[k] == s.p[i])) {
			k++;
			i++;
		} else if (star != SIZE_MAX) {
			k = star + 1;
			i = ++from;
		} else {
			return 0;
		}
	}
	while (k < pattern.len && pattern.p[k] == '*')
		k++;
	return k == pattern.len;
}

int match_list(struct str s, struct str list)
{
	int found = 0;

	while (list.len) {
		struct str one = {list.p, 0};
		int except;

		while (one.len < list.len && one.p[one.len] != ',' && one.p[one.len] != ' ')
			one.len++;
		list.p += one.len + (one.len < list.len);
		list.len -= one.len + (one.len < list.len);
		except = one.len && *one.p == '!';
		one.p += except;
		one.len -= (size_t)except;
		if (!one.len || !match_glob(s, one))
			continue;
		if (except)
			return -1;
		found = 1;
	}
	return found;
}
