// FAISS for Swift: opaque handles, a status from every call, the reason in a buffer of the caller. No C++ exception leaves.
#pragma once

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct CFaissIndex CFaissIndex;

typedef enum CFaissStatus {
    CFAISS_OK = 0,
    // A wrong argument or an error that FAISS reports.
    CFAISS_FAILED = 1,
    // The file is not what `cfaiss_write` wrote, or belongs to other vectors.
    CFAISS_DAMAGED = 2,
    // The file cannot be opened, read or written.
    CFAISS_IO = 3,
    // Not enough memory.
    CFAISS_MEMORY = 4,
    // FAISS was compiled for instructions that this CPU does not have.
    CFAISS_CPU = 5,
} CFaissStatus;

// Where a failing call writes its reason, as NUL-terminated text cut to `capacity`.
typedef struct CFaissMessage {
    char *text;
    size_t capacity;
} CFaissMessage;

// What stands in front of the index in its file and must be the same when it is read.
typedef struct CFaissHeader {
    // Name of the kind, at most 15 bytes.
    const char *kind;
    uint32_t version;
    uint32_t dimension;
    uint64_t count;
    // `cfaiss_hash` of the rows that the ordinals stand for.
    uint64_t rows;
} CFaissHeader;

// "avx2" or "generic": how the FAISS was built that this is linked with.
const char *cfaiss_variant(void);

// CFAISS_CPU with a sentence when this CPU lacks what FAISS was built for; every call below begins with it.
CFaissStatus cfaiss_check_cpu(CFaissMessage message);

// OpenMP threads of each later call, from 1 (the start value).
void cfaiss_set_threads(int threads);

// XXH64 with seed 0: finds damage, keeps no secrets.
uint64_t cfaiss_hash(const void *bytes, size_t length);

// An untrained inner-product index by FAISS's factory text, for example "IVF512,SQ8".
CFaissStatus cfaiss_create(const char *factory, int dimension, int seed, CFaissIndex **index, CFaissMessage message);

// Sets one of FAISS's named parameters: nprobe, efSearch, efConstruction.
CFaissStatus cfaiss_set(CFaissIndex *index, const char *name, double value, CFaissMessage message);

// Trains with copies of the given rows of the matrix that starts at `base`.
CFaissStatus cfaiss_train(
    CFaissIndex *index, const float *base, const int32_t *rows, size_t count, CFaissMessage message);

// Adds rows of the matrix that starts at `base`; ordinals go on from the last call.
CFaissStatus cfaiss_add(
    CFaissIndex *index, const float *base, const int32_t *rows, size_t count, CFaissMessage message);

// Writes header and index and waits until they are on the disk; `index` is NULL where header.count is 0.
CFaissStatus cfaiss_write(const CFaissIndex *index, CFaissHeader header, const char *path, CFaissMessage message);

// Reads what `cfaiss_write` wrote under an equal header; gives NULL where header.count is 0.
CFaissStatus cfaiss_read(const char *path, CFaissHeader header, CFaissIndex **index, CFaissMessage message);

// At most k ordinals near `query` into `ordinals`, their number into `found`. `allowed` is a bitmap over all ordinals, or NULL for
// all; only IVF kinds without FastScan take one.
CFaissStatus cfaiss_search(
    const CFaissIndex *index, const float *query, size_t k, const uint64_t *allowed, int32_t *ordinals, size_t *found,
    CFaissMessage message);

// The same over the rows of a matrix, without an index: every row is compared.
CFaissStatus cfaiss_scan(
    const float *base, int dimension, const int32_t *rows, size_t count, const float *query, size_t k,
    const uint64_t *allowed, int32_t *ordinals, size_t *found, CFaissMessage message);

void cfaiss_free(CFaissIndex *index);

#ifdef __cplusplus
}
#endif
