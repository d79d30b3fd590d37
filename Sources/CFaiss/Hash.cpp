// XXH64 after the specification by Yann Collet (xxHash 0.1.1, section "XXH64 algorithm"); little-endian machines only.
#include "CFaiss.h"

#include <cstring>

static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "index files are written on little-endian machines");

namespace {

constexpr uint64_t prime1 = 0x9E3779B185EBCA87, prime2 = 0xC2B2AE3D27D4EB4F, prime3 = 0x165667B19E3779F9;
constexpr uint64_t prime4 = 0x85EBCA77C2B2AE63, prime5 = 0x27D4EB2F165667C5;

uint64_t rotate(uint64_t x, int bits) { return (x << bits) | (x >> (64 - bits)); }

template <class T>
uint64_t load(const unsigned char *at) {
    T value;
    std::memcpy(&value, at, sizeof value);
    return value;
}

uint64_t mix(uint64_t lane, uint64_t input) { return rotate(lane + input * prime2, 31) * prime1; }

uint64_t merge(uint64_t hash, uint64_t lane) { return (hash ^ mix(0, lane)) * prime1 + prime4; }

}  // namespace

uint64_t cfaiss_hash(const void *bytes, size_t length) {
    const unsigned char *at = static_cast<const unsigned char *>(bytes);
    size_t left = length;
    uint64_t hash = prime5;
    if (left >= 32) {
        uint64_t lanes[4] = {prime1 + prime2, prime2, 0, 0 - prime1};
        for (; left >= 32; left -= 32, at += 32)
            for (int lane = 0; lane < 4; lane++) lanes[lane] = mix(lanes[lane], load<uint64_t>(at + 8 * lane));
        hash = rotate(lanes[0], 1) + rotate(lanes[1], 7) + rotate(lanes[2], 12) + rotate(lanes[3], 18);
        for (uint64_t lane : lanes) hash = merge(hash, lane);
    }
    hash += length;
    for (; left >= 8; left -= 8, at += 8) hash = rotate(hash ^ mix(0, load<uint64_t>(at)), 27) * prime1 + prime4;
    if (left >= 4) {
        hash = rotate(hash ^ load<uint32_t>(at) * prime1, 23) * prime2 + prime3;
        left -= 4, at += 4;
    }
    for (; left > 0; left--, at++) hash = rotate(hash ^ *at * prime5, 11) * prime1;
    hash = (hash ^ (hash >> 33)) * prime2;
    hash = (hash ^ (hash >> 29)) * prime3;
    return hash ^ (hash >> 32);
}
