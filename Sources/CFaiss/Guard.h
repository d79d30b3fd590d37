// What every entry point of CFaiss.h shares: the CPU check, the number of threads, exceptions turned into a status.
#pragma once

#include <cstring>
#include <exception>
#include <new>
#include <stdexcept>
#include <string>

#include "CFaiss.h"

namespace cfaiss {

// An error that already knows its status.
struct Failure : std::runtime_error {
    CFaissStatus status;
    Failure(CFaissStatus status, const std::string &text) : std::runtime_error(text), status(status) {}
};

inline CFaissStatus report(CFaissMessage message, CFaissStatus status, const char *text) {
    if (message.text && message.capacity > 0) {
        std::strncpy(message.text, text, message.capacity - 1);
        message.text[message.capacity - 1] = 0;
    }
    return status;
}

// FAISS says "Error in FUNCTION at FILE:LINE: REASON"; the file is one of the machine that built it.
inline std::string reason(const std::string &what) {
    if (what.compare(0, 9, "Error in ") != 0) return what;
    size_t place = what.find(" at ");
    size_t colon = place == std::string::npos ? place : what.find(": ", place);
    return colon == std::string::npos ? what : what.substr(colon + 2);
}

// Threads are set at each call because OpenMP keeps their number per calling thread.
void apply_threads();

template <class Body>
CFaissStatus guarded(CFaissMessage message, Body body) {
    CFaissStatus cpu = cfaiss_check_cpu(message);
    if (cpu != CFAISS_OK) return cpu;
    try {
        apply_threads();
        body();
        return CFAISS_OK;
    } catch (const Failure &failure) {
        return report(message, failure.status, failure.what());
    } catch (const std::bad_alloc &) {
        return report(message, CFAISS_MEMORY, "not enough memory");
    } catch (const std::exception &error) {
        return report(message, CFAISS_FAILED, reason(error.what()).c_str());
    } catch (...) {
        return report(message, CFAISS_FAILED, "unknown C++ exception");
    }
}

}  // namespace cfaiss
