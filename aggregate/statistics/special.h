/* Quantiles of the three distributions that the digits rest on, to about 1e-14
 * relative. Thread: safe. */
#ifndef PT_STATISTICS_SPECIAL_H
#define PT_STATISTICS_SPECIAL_H

/* x with P(X ≤ x) = probability for the standard normal. 0.5 ≤ probability < 1. */
double pt_stat_normal_quantile(double probability);

/* The same for χ² with `freedom` ≥ 1 degrees of freedom, 0 < probability < 1. */
double pt_stat_chi2_quantile(double probability, double freedom);

/* The same for Student's t with `freedom` ≥ 1, 0.5 < probability < 1. */
double pt_stat_student_quantile(double probability, double freedom);

#endif
