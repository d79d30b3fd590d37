#pragma once
// Empty on purpose: Swift never sees FAISS itself, only CFaiss.h.
