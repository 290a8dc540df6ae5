// Sixteen numbers at a time.
#ifndef CAMBIUM_LANES_H
#define CAMBIUM_LANES_H

#include <stdint.h>

// Every function that takes or returns lanes is inlined, so no call ever passes them.
#pragma clang diagnostic ignored "-Wpsabi"

// Sixteen numbers. The compiler maps them to whatever registers the tier has.
typedef float lanes __attribute__((ext_vector_type(16)));
typedef uint32_t lanes_u32 __attribute__((ext_vector_type(16)));
typedef int32_t lanes_i32 __attribute__((ext_vector_type(16)));
typedef uint16_t lanes_u16 __attribute__((ext_vector_type(16)));
typedef uint8_t lanes_u8 __attribute__((ext_vector_type(16)));

#endif
