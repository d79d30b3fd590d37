// Included once for each instruction set, with NAME(x) giving the variant's names. Not a header of its own.
// 16 lanes in every variant, so that sums have one order everywhere.

static inline __attribute__((always_inline)) lanes NAME(load)(const float *p, size_t n) {
    lanes v = {0};
    __builtin_memcpy(&v, p, n * sizeof(float));
    return v;
}

static inline __attribute__((always_inline)) void NAME(store)(float *p, lanes v, size_t n) {
    __builtin_memcpy(p, &v, n * sizeof(float));
}

static inline __attribute__((always_inline)) float NAME(sum)(lanes v) {
    float total = 0;
    for (int i = 0; i < 16; i++) total += v[i];
    return total;
}

static inline __attribute__((always_inline)) lanes NAME(select)(ints mask, lanes yes, lanes no) {
    return (lanes)((mask & (ints)yes) | (~mask & (ints)no));
}

// Cephes expf: x = n·ln 2 + r, a polynomial of degree 5 in r, then 2^n by the exponent bits. x ≤ 0 here.
static inline __attribute__((always_inline)) lanes NAME(exp)(lanes x) {
    x = NAME(select)(x > -87.0f, x, (lanes){0} - 87.0f);
    lanes shifted = x * 1.44269504088896341f + 12582912.0f;  // adding 1.5 · 2^23 rounds to a whole number
    lanes whole = shifted - 12582912.0f;
    lanes r = x - whole * 0.693359375f + whole * 2.12194440e-4f;
    lanes p = r * 1.9875691500e-4f + 1.3981999507e-3f;
    p = p * r + 8.3334519073e-3f;
    p = p * r + 4.1665795894e-2f;
    p = p * r + 1.6666665459e-1f;
    p = p * r + 5.0000001201e-1f;
    p = p * (r * r) + r + 1.0f;
    ints power = ((ints)shifted - 0x4b400000 + 127) << 23;
    return p * (lanes)power;
}

// Rational minimax approximation x·P(x²)/Q(x²) on [-4, 4], as in Eigen and XLA; error below 4e-7.
static inline __attribute__((always_inline)) lanes NAME(erf)(lanes x) {
    x = NAME(select)(x > 4.0f, (lanes){0} + 4.0f, x);
    x = NAME(select)(x < -4.0f, (lanes){0} - 4.0f, x);
    lanes s = x * x;
    lanes p = s * -2.72614225801306e-10f + 2.77068142495902e-08f;
    p = p * s + -2.10102402082508e-06f;
    p = p * s + -5.69250639462346e-05f;
    p = p * s + -7.34990630326855e-04f;
    p = p * s + -2.95459980854025e-03f;
    p = p * s + -1.60960333262415e-02f;
    lanes q = s * -1.45660718464996e-05f + -2.13374055278905e-04f;
    q = q * s + -1.68282697438203e-03f;
    q = q * s + -7.37332916720468e-03f;
    q = q * s + -1.42647390514189e-02f;
    return x * p / q;
}

static inline __attribute__((always_inline)) void NAME(norm_in_place)(float *x, const float *gain, const float *shift,
                                                                      size_t n, float epsilon, lanes total) {
    float mean = NAME(sum)(total) / (float)n;
    lanes squares = {0};
    BLOCKS(n, {
        lanes d = NAME(load)(x + i, width) - mean;
        for (size_t j = width; j < 16; j++) d[j] = 0;
        squares += d * d;
    })
    float scale = 1.0f / __builtin_sqrtf(NAME(sum)(squares) / (float)n + epsilon);
    BLOCKS(n, {
        lanes v = (NAME(load)(x + i, width) - mean) * scale;
        NAME(store)(x + i, v * NAME(load)(gain + i, width) + NAME(load)(shift + i, width), width);
    })
}

static void NAME(embedding_row)(float *out, const float *a, const float *b, const float *c, const float *gain,
                                const float *shift, size_t n, float epsilon) {
    lanes total = {0};
    BLOCKS(n, {
        lanes v = NAME(load)(a + i, width) + NAME(load)(b + i, width) + NAME(load)(c + i, width);
        NAME(store)(out + i, v, width);
        total += v;
    })
    NAME(norm_in_place)(out, gain, shift, n, epsilon, total);
}

static void NAME(residual_norm)(float *x, const float *y, const float *bias, const float *gain, const float *shift,
                                size_t rows, size_t n, float epsilon) {
    for (size_t row = 0; row < rows; row++, x += n, y += n) {
        lanes total = {0};
        BLOCKS(n, {
            lanes v = NAME(load)(x + i, width) + (NAME(load)(y + i, width) + NAME(load)(bias + i, width));
            NAME(store)(x + i, v, width);
            total += v;
        })
        NAME(norm_in_place)(x, gain, shift, n, epsilon, total);
    }
}

static void NAME(add_bias)(float *y, const float *bias, size_t rows, size_t n, size_t stride) {
    for (size_t row = 0; row < rows; row++, y += stride) {
        BLOCKS(n, { NAME(store)(y + i, NAME(load)(y + i, width) + NAME(load)(bias + i, width), width); })
    }
}

static void NAME(bias_gelu)(float *y, const float *bias, size_t rows, size_t n) {
    for (size_t row = 0; row < rows; row++, y += n) {
        BLOCKS(n, {
            lanes v = NAME(load)(y + i, width) + NAME(load)(bias + i, width);
            NAME(store)(y + i, v * 0.5f * (1.0f + NAME(erf)(v * 0.70710678118654752f)), width);
        })
    }
}

// Rows are padded to whole vectors, so there is no tail: the padding is -∞ on the way in and 0 on the way out.
static void NAME(softmax)(float *x, size_t rows, size_t n, size_t stride) {
    size_t padded = (n + 15) / 16 * 16;
    for (size_t row = 0; row < rows; row++, x += stride) {
        for (size_t i = n; i < padded; i++) x[i] = -__builtin_inff();
        lanes top = NAME(load)(x, 16);
        for (size_t i = 16; i < padded; i += 16) {
            lanes v = NAME(load)(x + i, 16);
            top = NAME(select)(v > top, v, top);
        }
        float largest = top[0];
        for (int i = 1; i < 16; i++) largest = top[i] > largest ? top[i] : largest;
        lanes total = {0};
        for (size_t i = 0; i < padded; i += 16) {
            lanes before = NAME(load)(x + i, 16);
            lanes v = NAME(exp)(before - largest);
            v = NAME(select)(before == -__builtin_inff(), (lanes){0}, v);
            NAME(store)(x + i, v, 16);
            total += v;
        }
        float scale = 1.0f / NAME(sum)(total);
        for (size_t i = 0; i < padded; i += 16) NAME(store)(x + i, NAME(load)(x + i, 16) * scale, 16);
    }
}

static void NAME(mean_rows)(float *out, const float *x, size_t rows, size_t n) {
    BLOCKS(n, {
        lanes total = {0};
        for (size_t row = 0; row < rows; row++) total += NAME(load)(x + row * n + i, width);
        NAME(store)(out + i, total / (float)rows, width);
    })
}
