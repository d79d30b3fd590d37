#include "CFaiss.h"

#include <faiss/AutoTune.h>
#include <faiss/IndexIVF.h>
#include <faiss/IndexIVFPQFastScan.h>
#include <faiss/impl/IDSelector.h>
#include <faiss/index_factory.h>
#include <faiss/utils/Heap.h>
#include <faiss/utils/distances.h>

#include <algorithm>
#include <atomic>
#include <vector>

#include "Guard.h"
#include "IndexFile.h"

// scripts/faiss puts this header beside an AVX2 build and only there; SwiftPM lets no macro through from a .pc file.
#if __has_include(<faiss/assay_avx2.h>)
#define CFAISS_AVX2 1
#else
#define CFAISS_AVX2 0
#endif

extern "C" void omp_set_num_threads(int);
extern "C" void openblas_set_num_threads(int) __attribute__((weak));

struct CFaissIndex {
    std::unique_ptr<faiss::Index> index;
};

namespace {

std::atomic<int> threads{1};

// Rows that are copied at a time where they are not neighbours.
constexpr size_t batch = 4096;

void gather(const float *base, const int32_t *rows, size_t count, size_t dimension, std::vector<float> &into) {
    into.resize(count * dimension);
    for (size_t i = 0; i < count; i++)
        std::memcpy(&into[i * dimension], base + static_cast<size_t>(rows[i]) * dimension, dimension * sizeof(float));
}

bool allows(const uint64_t *words, size_t ordinal) { return !words || (words[ordinal >> 6] >> (ordinal & 63) & 1); }

void seed_clustering(faiss::ClusteringParameters &parameters, int seed) {
    parameters.seed = seed;
    // Fewer points are allowed; FAISS would print a warning to stderr.
    parameters.min_points_per_centroid = 1;
}

}  // namespace

void cfaiss::apply_threads() { omp_set_num_threads(threads.load()); }

const char *cfaiss_variant(void) { return CFAISS_AVX2 ? "avx2" : "generic"; }

CFaissStatus cfaiss_check_cpu(CFaissMessage message) {
#if CFAISS_AVX2
    static const bool able =
        __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("popcnt");
    if (!able)
        return cfaiss::report(message, CFAISS_CPU, "this program was built with FAISS for AVX2, and this CPU has no AVX2");
#endif
    (void)message;
    return CFAISS_OK;
}

void cfaiss_set_threads(int count) { threads.store(std::max(1, count)); }

CFaissStatus cfaiss_create(const char *factory, int dimension, int seed, CFaissIndex **out, CFaissMessage message) {
    return cfaiss::guarded(message, [&] {
        std::unique_ptr<faiss::Index> index(faiss::index_factory(dimension, factory, faiss::METRIC_INNER_PRODUCT));
        if (auto *ivf = dynamic_cast<faiss::IndexIVF *>(index.get())) seed_clustering(ivf->cp, seed);
        if (auto *scan = dynamic_cast<faiss::IndexIVFPQFastScan *>(index.get())) seed_clustering(scan->pq.cp, seed);
        *out = new CFaissIndex{std::move(index)};
    });
}

CFaissStatus cfaiss_set(CFaissIndex *index, const char *name, double value, CFaissMessage message) {
    return cfaiss::guarded(message, [&] { faiss::ParameterSpace().set_index_parameter(index->index.get(), name, value); });
}

CFaissStatus cfaiss_train(
    CFaissIndex *index, const float *base, const int32_t *rows, size_t count, CFaissMessage message) {
    return cfaiss::guarded(message, [&] {
        // The bits of a matrix product may depend on the number of BLAS threads, and centroids are to be reproducible.
        if (openblas_set_num_threads) openblas_set_num_threads(1);
        std::vector<float> sample;
        gather(base, rows, count, static_cast<size_t>(index->index->d), sample);
        index->index->train(static_cast<faiss::Index::idx_t>(count), sample.data());
    });
}

CFaissStatus cfaiss_add(
    CFaissIndex *index, const float *base, const int32_t *rows, size_t count, CFaissMessage message) {
    return cfaiss::guarded(message, [&] {
        size_t dimension = static_cast<size_t>(index->index->d);
        std::vector<float> copy;
        for (size_t start = 0; start < count; start += batch) {
            size_t size = std::min(batch, count - start);
            const int32_t *part = rows + start;
            bool neighbours = true;
            for (size_t i = 1; i < size && neighbours; i++) neighbours = part[i] == part[i - 1] + 1;
            const float *source = base + static_cast<size_t>(part[0]) * dimension;
            if (!neighbours) {
                gather(base, part, size, dimension, copy);
                source = copy.data();
            }
            index->index->add(static_cast<faiss::Index::idx_t>(size), source);
        }
    });
}

CFaissStatus cfaiss_write(const CFaissIndex *index, CFaissHeader header, const char *path, CFaissMessage message) {
    return cfaiss::guarded(message, [&] { cfaiss::write_file(index ? index->index.get() : nullptr, header, path); });
}

CFaissStatus cfaiss_read(const char *path, CFaissHeader header, CFaissIndex **out, CFaissMessage message) {
    return cfaiss::guarded(message, [&] {
        *out = nullptr;
        std::unique_ptr<faiss::Index> index = cfaiss::read_file(path, header);
        if (index) *out = new CFaissIndex{std::move(index)};
    });
}

// Searches of one index may run at once: they change nothing but FAISS's global counters, which nobody reads.
CFaissStatus cfaiss_search(
    const CFaissIndex *index, const float *query, size_t k, const uint64_t *allowed, int32_t *ordinals, size_t *found,
    CFaissMessage message) {
    return cfaiss::guarded(message, [&] {
        const faiss::Index &inner = *index->index;
        size_t count = static_cast<size_t>(inner.ntotal);
        k = std::min(k, count);
        *found = 0;
        if (k == 0) return;
        std::vector<float> distances(k);
        std::vector<faiss::Index::idx_t> labels(k);
        if (allowed) {
            auto *ivf = dynamic_cast<const faiss::IndexIVF *>(&inner);
            if (!ivf) throw cfaiss::Failure(CFAISS_FAILED, "this kind of index takes no filter");
            faiss::IDSelectorBitmap selector((count + 7) / 8, reinterpret_cast<const uint8_t *>(allowed));
            faiss::SearchParametersIVF parameters;
            parameters.sel = &selector;
            parameters.nprobe = ivf->nprobe;
            inner.search(1, query, static_cast<faiss::Index::idx_t>(k), distances.data(), labels.data(), &parameters);
        } else {
            inner.search(1, query, static_cast<faiss::Index::idx_t>(k), distances.data(), labels.data());
        }
        for (faiss::Index::idx_t label : labels)
            if (label >= 0 && static_cast<size_t>(label) < count) ordinals[(*found)++] = static_cast<int32_t>(label);
    });
}

CFaissStatus cfaiss_scan(
    const float *base, int dimension, const int32_t *rows, size_t count, const float *query, size_t k,
    const uint64_t *allowed, int32_t *ordinals, size_t *found, CFaissMessage message) {
    return cfaiss::guarded(message, [&] {
        using Worst = faiss::CMin<float, int64_t>;
        size_t width = static_cast<size_t>(dimension);
        k = std::min(k, count);
        *found = 0;
        if (k == 0) return;
        std::vector<float> scores(k);
        std::vector<int64_t> labels(k);
        faiss::heap_heapify<Worst>(k, scores.data(), labels.data());
        for (size_t i = 0; i < count; i++) {
            if (!allows(allowed, i)) continue;
            float score = faiss::fvec_inner_product(query, base + static_cast<size_t>(rows[i]) * width, width);
            if (!Worst::cmp(scores[0], score)) continue;
            faiss::heap_replace_top<Worst>(k, scores.data(), labels.data(), score, static_cast<int64_t>(i));
        }
        for (int64_t label : labels)
            if (label >= 0) ordinals[(*found)++] = static_cast<int32_t>(label);
    });
}

void cfaiss_free(CFaissIndex *index) { delete index; }
