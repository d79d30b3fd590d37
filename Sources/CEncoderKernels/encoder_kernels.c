#include "encoder_kernels.h"

// 64-byte vectors are passed between inlined functions only, so their calling convention does not matter.
#pragma clang diagnostic ignored "-Wpsabi"

typedef float lanes __attribute__((vector_size(64)));
typedef int ints __attribute__((vector_size(64)));

// Runs the block for i = 0, 16, … below n, with `width` numbers each: 16 but for the last, so that all copies but that
// one have a constant size.
#define BLOCKS(n, ...)                        \
    {                                         \
        size_t i = 0;                         \
        for (; i + 16 <= (n); i += 16) {      \
            enum { width = 16 };              \
            __VA_ARGS__                       \
        }                                     \
        if (i < (n)) {                        \
            const size_t width = (n) - i;     \
            __VA_ARGS__                       \
        }                                     \
    }

#define NAME(x) base_##x
#include "kernels_body.h"
#undef NAME

#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#define NAME(x) avx2_##x
#include "kernels_body.h"
#undef NAME
#pragma clang attribute pop

#pragma clang attribute push(__attribute__((target("avx512f,avx512dq,avx2,fma"))), apply_to = function)
#define NAME(x) avx512_##x
#include "kernels_body.h"
#undef NAME
#pragma clang attribute pop

// 0 base, 1 AVX2, 2 AVX-512; libgcc's check includes whether the kernel saves the registers.
static int level(void) {
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq")) return 2;
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return 1;
    return 0;
}

#define DISPATCH(call)               \
    switch (level()) {               \
    case 2: avx512_##call; break;    \
    case 1: avx2_##call; break;      \
    default: base_##call; break;     \
    }
#else
static int level(void) { return 0; }
#define DISPATCH(call) base_##call;
#endif

void assay_embedding_row(float *out, const float *a, const float *b, const float *c, const float *gain,
                         const float *shift, size_t n, float epsilon) {
    DISPATCH(embedding_row(out, a, b, c, gain, shift, n, epsilon))
}

void assay_residual_norm(float *x, const float *y, const float *bias, const float *gain, const float *shift,
                         size_t rows, size_t n, float epsilon) {
    DISPATCH(residual_norm(x, y, bias, gain, shift, rows, n, epsilon))
}

void assay_add_bias(float *y, const float *bias, size_t rows, size_t n, size_t stride) {
    DISPATCH(add_bias(y, bias, rows, n, stride))
}

void assay_bias_gelu(float *y, const float *bias, size_t rows, size_t n) { DISPATCH(bias_gelu(y, bias, rows, n)) }

void assay_softmax(float *x, size_t rows, size_t n, size_t stride) {
    if (n == 0) return;
    DISPATCH(softmax(x, rows, n, stride))
}

void assay_mean_rows(float *out, const float *x, size_t rows, size_t n) {
    if (rows == 0) return;
    DISPATCH(mean_rows(out, x, rows, n))
}

float assay_normalise(float *x, size_t n) {
    double squares = 0;
    for (size_t i = 0; i < n; i++) squares += (double)x[i] * x[i];
    double norm = __builtin_sqrt(squares);
    if (!(norm > 0) || __builtin_isinf(norm)) return (float)norm;
    for (size_t i = 0; i < n; i++) x[i] = (float)(x[i] / norm);
    return (float)norm;
}

const char *assay_kernels_name(void) {
    static const char *const names[] = {"base", "avx2", "avx512"};
    return names[level()];
}
