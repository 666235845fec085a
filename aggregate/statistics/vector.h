/* The widest vector of doubles that this translation unit may use. All operations are
 * IEEE operations of one lane each, so that every width gives the same bits.
 * PT_VEC_WIDEN loads as many floats; PT_VEC_WITHIN has a bit for each number of x that
 * lies in [low, high). */
#ifndef PT_STATISTICS_VECTOR_H
#define PT_STATISTICS_VECTOR_H

#if defined(__SSE2__)
#include <immintrin.h>
#endif

#if defined(__AVX512F__)
typedef __m512d pt_vec;
#define PT_VEC_LOAD(p)     _mm512_loadu_pd(p)
#define PT_VEC_STORE(p, v) _mm512_storeu_pd(p, v)
#define PT_VEC_MIN(a, b)   _mm512_min_pd(a, b)
#define PT_VEC_MAX(a, b)   _mm512_max_pd(a, b)
#define PT_VEC_WIDEN(p)    _mm512_cvtps_pd(_mm256_loadu_ps(p))
#define PT_VEC_WITHIN(x, low, high)                                                    \
    ((unsigned)(_mm512_cmp_pd_mask(x, low, _CMP_GE_OQ) &                               \
                _mm512_cmp_pd_mask(x, high, _CMP_LT_OQ)))
#elif defined(__AVX2__)
typedef __m256d pt_vec;
#define PT_VEC_LOAD(p)     _mm256_loadu_pd(p)
#define PT_VEC_STORE(p, v) _mm256_storeu_pd(p, v)
#define PT_VEC_MIN(a, b)   _mm256_min_pd(a, b)
#define PT_VEC_MAX(a, b)   _mm256_max_pd(a, b)
#define PT_VEC_WIDEN(p)    _mm256_cvtps_pd(_mm_loadu_ps(p))
#define PT_VEC_WITHIN(x, low, high)                                                    \
    ((unsigned)_mm256_movemask_pd(_mm256_and_pd(_mm256_cmp_pd(x, low, _CMP_GE_OQ),     \
                                                _mm256_cmp_pd(x, high, _CMP_LT_OQ))))
#elif defined(__SSE2__)
typedef __m128d pt_vec;
#define PT_VEC_LOAD(p)     _mm_loadu_pd(p)
#define PT_VEC_STORE(p, v) _mm_storeu_pd(p, v)
#define PT_VEC_MIN(a, b)   _mm_min_pd(a, b)
#define PT_VEC_MAX(a, b)   _mm_max_pd(a, b)
#define PT_VEC_WIDEN(p)    _mm_set_pd((double)(p)[1], (double)(p)[0])
#define PT_VEC_WITHIN(x, low, high)                                                    \
    ((unsigned)_mm_movemask_pd(_mm_and_pd(_mm_cmpge_pd(x, low), _mm_cmplt_pd(x, high))))
#else
typedef double pt_vec;
#define PT_VEC_LOAD(p)              (*(p))
#define PT_VEC_STORE(p, v)          (*(p) = (v))
#define PT_VEC_MIN(a, b)            ((a) < (b) ? (a) : (b))
#define PT_VEC_MAX(a, b)            ((a) > (b) ? (a) : (b))
#define PT_VEC_WIDEN(p)             ((double)*(p))
#define PT_VEC_WITHIN(x, low, high) ((unsigned)((x) >= (low) && (x) < (high)))
#endif

enum { PT_VEC_LANES = sizeof(pt_vec) / sizeof(double) };

#endif
