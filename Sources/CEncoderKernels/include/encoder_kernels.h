// The element-wise loops of a BERT encoder between its matrix products.
//
// Each is compiled for AVX-512, AVX2 and the base instruction set; the first call picks what the CPU has. On one
// machine equal input gives equal bits, whatever the thread. Matrices are row-major; sums run in a fixed order.

#ifndef ASSAY_ENCODER_KERNELS_H
#define ASSAY_ENCODER_KERNELS_H

#include <stddef.h>

#pragma clang assume_nonnull begin

/// out = LayerNorm(a + b + c), one row of n numbers.
void assay_embedding_row(float *out, const float *a, const float *b, const float *c, const float *gain,
                         const float *shift, size_t n, float epsilon);

/// x = LayerNorm(x + y + bias) for each of the rows of n numbers.
void assay_residual_norm(float *x, const float *y, const float *bias, const float *gain, const float *shift,
                         size_t rows, size_t n, float epsilon);

/// y += bias for each of the rows of n numbers, which are `stride` numbers apart.
void assay_add_bias(float *y, const float *bias, size_t rows, size_t n, size_t stride);

/// y = gelu(y + bias), gelu(x) = x/2 · (1 + erf(x/√2)), for each of the rows of n numbers.
void assay_bias_gelu(float *y, const float *bias, size_t rows, size_t n);

/// Softmax over the first n numbers of each row; rows are `stride` numbers apart, stride ≥ n rounded up to 16.
/// The numbers between n and that multiple of 16 become 0.
void assay_softmax(float *x, size_t rows, size_t n, size_t stride);

/// out = mean of the rows of n numbers.
void assay_mean_rows(float *out, const float *x, size_t rows, size_t n);

/// Scales x to L2 norm 1; returns the norm it had, and leaves x alone when that is 0 or not finite.
float assay_normalise(float *x, size_t n);

/// The instruction set in use: "avx512", "avx2" or "base".
const char *assay_kernels_name(void);

#pragma clang assume_nonnull end

#endif
