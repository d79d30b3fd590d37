// The file around a FAISS index: a header of 72 bytes with checksums, then what faiss::write_index writes.
#pragma once

#include <faiss/Index.h>

#include <memory>

#include "CFaiss.h"

namespace cfaiss {

void write_file(const faiss::Index *index, const CFaissHeader &header, const char *path);
std::unique_ptr<faiss::Index> read_file(const char *path, const CFaissHeader &header);

}  // namespace cfaiss
