#include "statistics/special.h"

#include <math.h>

/* Each quantile is a Newton iteration on the distribution function; the functions are
 * those of Abramowitz and Stegun, Handbook of Mathematical Functions: 26.2 (normal),
 * 6.5.29 and 6.5.31 (incomplete gamma), 26.5.8 (incomplete beta), 26.7 (Student). */

enum { MAX_STEPS = 100, MAX_TERMS = 1000000 };

double pt_stat_normal_quantile(double probability)
{
    double upper = 2 * (1 - probability); /* = erfc(x/√2) */
    double x = 0;

    /* log erfc is concave, so that Newton on its logarithm converges from 0 on. */
    for (int i = 0; i < MAX_STEPS; i++) {
        double value = erfc(x * M_SQRT1_2);
        double slope = -sqrt(2 / M_PI) * exp(-x * x / 2);
        double step = log(value / upper) * value / slope;

        x -= step;
        if (fabs(step) <= 1e-15 * fabs(x)) {
            break;
        }
    }
    return x;
}

/* Regularised incomplete gamma P(a, x), and its density x^(a−1)e^(−x)/Γ(a). */
static double gamma_lower(double a, double x, double *density)
{
    double scale = exp(a * log(x) - x - lgamma(a));
    double result;

    *density = scale / x;
    if (x < a + 1) { /* series */
        double term = 1 / a;
        double sum = term;

        for (int i = 1; i < MAX_TERMS && term > sum * 1e-17; i++) {
            term *= x / (a + i);
            sum += term;
        }
        result = scale * sum;
    } else { /* continued fraction, by Lentz */
        double b = x + 1 - a;
        double c = HUGE_VAL;
        double d = 1 / b;
        double h = d;

        for (int i = 1; i < MAX_TERMS; i++) {
            double an = -i * (i - a);
            double factor;

            b += 2;
            d = 1 / (an * d + b);
            c = b + an / c;
            factor = c * d;
            h *= factor;
            if (fabs(factor - 1) < 1e-16) {
                break;
            }
        }
        result = 1 - scale * h;
    }
    return result;
}

double pt_stat_chi2_quantile(double probability, double freedom)
{
    double a = freedom / 2;
    double low = 0, high = HUGE_VAL;
    /* Wilson and Hilferty's cube, or the first term of the series where it fails. */
    double z = probability >= 0.5 ? pt_stat_normal_quantile(probability)
                                  : -pt_stat_normal_quantile(1 - probability);
    double root = 1 - 2 / (9 * freedom) + z * sqrt(2 / (9 * freedom));
    double x = a * root * root * root;

    if (root <= 0.1) {
        x = exp((log(probability) + lgamma(a + 1)) / a);
    }
    for (int i = 0; i < MAX_STEPS; i++) {
        double density;
        double error = gamma_lower(a, x, &density) - probability;
        double next;

        if (error < 0) {
            low = x;
        } else {
            high = x;
        }
        next = x - error / density;
        if (!(next > low && next < high)) { /* Newton left the bracket */
            next = isinf(high) ? 2 * x : (low + high) / 2;
        }
        if (fabs(next - x) <= 1e-15 * x) {
            x = next;
            break;
        }
        x = next;
    }
    return 2 * x;
}

/* Continued fraction of the incomplete beta function, by Lentz. */
static double beta_fraction(double a, double b, double x)
{
    double c = 1;
    double d = 1 / (1 - (a + b) * x / (a + 1));
    double h = d;

    for (int m = 1; m < MAX_TERMS; m++) {
        double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
        double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
        double factor;

        d = 1 / (1 + even * d);
        c = 1 + even / c;
        h *= c * d;
        d = 1 / (1 + odd * d);
        c = 1 + odd / c;
        factor = c * d;
        h *= factor;
        if (fabs(factor - 1) < 1e-16) {
            break;
        }
    }
    return h;
}

/* P(T > t) for t > 0: half of I_x(ν/2, ½) at x = ν/(ν + t²), and the density. */
static double student_upper(double t, double freedom, double *density)
{
    double a = freedom / 2;
    double b = 0.5;
    double x = freedom / (freedom + t * t);
    double y = t * t / (freedom + t * t); /* 1 − x without cancellation */
    double log_beta = lgamma(a) + lgamma(b) - lgamma(a + b);
    double front = exp(a * log(x) + b * log(y) - log_beta);
    double result;

    *density = exp((a + b) * log(x) - log_beta) / sqrt(freedom);
    if (x < (a + 1) / (a + b + 2)) {
        result = front * beta_fraction(a, b, x) / a;
    } else {
        result = 1 - front * beta_fraction(b, a, y) / b;
    }
    return result / 2;
}

double pt_stat_student_quantile(double probability, double freedom)
{
    /* The distribution function is concave right of 0 and the normal's quantile is left
     * of the root: Newton climbs to it without overshooting. */
    double t = pt_stat_normal_quantile(probability);

    for (int i = 0; i < MAX_STEPS; i++) {
        double density;
        double upper = student_upper(t, freedom, &density);
        double step = (upper - (1 - probability)) / density;

        t += step;
        if (fabs(step) <= 1e-15 * t) {
            break;
        }
    }
    return t;
}
