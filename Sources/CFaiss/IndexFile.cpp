#include "IndexFile.h"

#include <faiss/impl/io.h>
#include <faiss/index_io.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "Guard.h"

namespace cfaiss {
namespace {

struct FileHeader {
    char magic[8];
    char kind[16];
    uint32_t version, dimension;
    uint64_t count, rows, length, payload;
    // Hash of all fields above.
    uint64_t header;
};
static_assert(sizeof(FileHeader) == 72, "the header has no padding");

uint64_t header_hash(const FileHeader &header) { return cfaiss_hash(&header, offsetof(FileHeader, header)); }

FileHeader filled(const CFaissHeader &from) {
    FileHeader header = {};
    std::memcpy(header.magic, "ASSAYVX1", 8);
    if (std::strlen(from.kind) >= sizeof header.kind) throw Failure(CFAISS_FAILED, "the name of the kind is too long");
    std::strcpy(header.kind, from.kind);
    header.version = from.version, header.dimension = from.dimension;
    header.count = from.count, header.rows = from.rows;
    return header;
}

std::string system_reason(const char *what) { return std::string(what) + ": " + std::strerror(errno); }

struct File {
    std::FILE *file;
    File(const char *path, const char *mode) : file(std::fopen(path, mode)) {
        if (!file) throw Failure(CFAISS_IO, system_reason("cannot open it"));
    }
    ~File() { std::fclose(file); }
    File(const File &) = delete;
};

struct Mapping {
    const unsigned char *bytes = nullptr;
    size_t length = 0;
    explicit Mapping(const char *path) {
        int file = ::open(path, O_RDONLY | O_CLOEXEC);
        if (file < 0) throw Failure(CFAISS_IO, system_reason("cannot open it"));
        struct stat status;
        bool known = ::fstat(file, &status) == 0 && S_ISREG(status.st_mode);
        if (known && status.st_size > 0) {
            length = static_cast<size_t>(status.st_size);
            void *address = ::mmap(nullptr, length, PROT_READ, MAP_PRIVATE, file, 0);
            bytes = address == MAP_FAILED ? nullptr : static_cast<const unsigned char *>(address);
        }
        ::close(file);
        if (!known) throw Failure(CFAISS_DAMAGED, "it is not a regular file");
        if (length > 0 && !bytes) throw Failure(CFAISS_IO, system_reason("cannot map it"));
    }
    ~Mapping() {
        if (bytes) ::munmap(const_cast<unsigned char *>(bytes), length);
    }
    Mapping(const Mapping &) = delete;
};

// Gives FAISS the verified bytes and nothing behind them.
struct BoundedReader : faiss::IOReader {
    const unsigned char *at;
    size_t left;
    BoundedReader(const unsigned char *at, size_t left) : at(at), left(left) { name = "index"; }
    size_t operator()(void *target, size_t size, size_t items) override {
        if (size == 0 || items == 0) return 0;
        size_t whole = left / size < items ? left / size : items;
        std::memcpy(target, at, whole * size);
        at += whole * size, left -= whole * size;
        return whole;
    }
};

const FileHeader &checked(const Mapping &file, const CFaissHeader &expected) {
    if (file.length < sizeof(FileHeader)) throw Failure(CFAISS_DAMAGED, "it is shorter than its header");
    const FileHeader &header = *reinterpret_cast<const FileHeader *>(file.bytes);
    FileHeader wanted = filled(expected);
    if (std::memcmp(header.magic, wanted.magic, sizeof header.magic) != 0)
        throw Failure(CFAISS_DAMAGED, "it is not an index file of this version");
    if (header.header != header_hash(header)) throw Failure(CFAISS_DAMAGED, "its header is damaged");
    if (header.length != file.length - sizeof(FileHeader))
        throw Failure(CFAISS_DAMAGED, "its length is not the one that its header states");
    if (std::memcmp(header.kind, wanted.kind, sizeof header.kind) != 0 || header.version != wanted.version)
        throw Failure(CFAISS_DAMAGED, "it is of another kind or version");
    if (header.dimension != wanted.dimension || header.count != wanted.count || header.rows != wanted.rows)
        throw Failure(CFAISS_DAMAGED, "it was built from other vectors");
    if (header.payload != cfaiss_hash(file.bytes + sizeof(FileHeader), header.length))
        throw Failure(CFAISS_DAMAGED, "its checksum does not match");
    return header;
}

}  // namespace

void write_file(const faiss::Index *index, const CFaissHeader &from, const char *path) {
    FileHeader header = filled(from);
    {
        File out(path, "wb");
        if (std::fwrite(&header, sizeof header, 1, out.file) != 1) throw Failure(CFAISS_IO, system_reason("cannot write it"));
        if (index) {
            faiss::FileIOWriter writer(out.file);
            faiss::write_index(index, &writer);
        }
        if (std::fflush(out.file) != 0) throw Failure(CFAISS_IO, system_reason("cannot write it"));
    }
    {
        Mapping written(path);
        header.length = written.length - sizeof header;
        header.payload = cfaiss_hash(written.bytes + sizeof header, header.length);
        header.header = header_hash(header);
    }
    File out(path, "r+b");
    if (std::fwrite(&header, sizeof header, 1, out.file) != 1 || std::fflush(out.file) != 0 || ::fsync(fileno(out.file)) != 0)
        throw Failure(CFAISS_IO, system_reason("cannot write it"));
}

std::unique_ptr<faiss::Index> read_file(const char *path, const CFaissHeader &expected) {
    Mapping file(path);
    const FileHeader &header = checked(file, expected);
    if (header.count == 0) return nullptr;
    BoundedReader reader(file.bytes + sizeof(FileHeader), header.length);
    std::unique_ptr<faiss::Index> index;
    try {
        index.reset(faiss::read_index(&reader));
    } catch (const std::bad_alloc &) {
        throw;
    } catch (const std::exception &error) {
        throw Failure(CFAISS_DAMAGED, reason(error.what()));
    }
    if (reader.left != 0 || static_cast<uint32_t>(index->d) != header.dimension ||
        static_cast<uint64_t>(index->ntotal) != header.count || index->metric_type != faiss::METRIC_INNER_PRODUCT ||
        !index->is_trained)
        throw Failure(CFAISS_DAMAGED, "the index in it does not match its header");
    return index;
}

}  // namespace cfaiss
