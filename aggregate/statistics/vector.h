/* The widest vector of doubles that this translation unit may use. All operations are
 * IEEE operations of one lane each, so that every width gives the same bits.
 * PT_VEC_WIDEN loads as many floats. */
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
#elif defined(__AVX2__)
typedef __m256d pt_vec;
#define PT_VEC_LOAD(p)     _mm256_loadu_pd(p)
#define PT_VEC_STORE(p, v) _mm256_storeu_pd(p, v)
#define PT_VEC_MIN(a, b)   _mm256_min_pd(a, b)
#define PT_VEC_MAX(a, b)   _mm256_max_pd(a, b)
#define PT_VEC_WIDEN(p)    _mm256_cvtps_pd(_mm_loadu_ps(p))
#elif defined(__SSE2__)
typedef __m128d pt_vec;
#define PT_VEC_LOAD(p)     _mm_loadu_pd(p)
#define PT_VEC_STORE(p, v) _mm_storeu_pd(p, v)
#define PT_VEC_MIN(a, b)   _mm_min_pd(a, b)
#define PT_VEC_MAX(a, b)   _mm_max_pd(a, b)
#define PT_VEC_WIDEN(p)    _mm_set_pd((double)(p)[1], (double)(p)[0])
#else
typedef double pt_vec;
#define PT_VEC_LOAD(p)     (*(p))
#define PT_VEC_STORE(p, v) (*(p) = (v))
#define PT_VEC_MIN(a, b)   ((a) < (b) ? (a) : (b))
#define PT_VEC_MAX(a, b)   ((a) > (b) ? (a) : (b))
#define PT_VEC_WIDEN(p)    ((double)*(p))
#endif

enum { PT_VEC_LANES = sizeof(pt_vec) / sizeof(double) };

#endif
