// Codes of one mx group, for one tier, left to the compiler to vectorise.

// Largest magnitude of the group, as bf16 bits.
CAMBIUM_INLINE uint32_t mx_peak(const uint16_t v[32]) {
  uint16_t peak = 0;
  for (int i = 0; i < 32; i++) {
    uint16_t a = v[i] & 0x7FFF;
    peak = a > peak ? a : peak;
  }
  return peak;
}

// E2M1 in the bf16 bit domain: the decision thresholds 0.25 … 5 times the scale are bf16 numbers at fixed distances.
CAMBIUM_INLINE void mxfp4_codes(const uint16_t v[32], int32_t scale, int cpu, uint8_t *output) {
  int16_t base = (int16_t)(scale << 7);
  int16_t even = cpu ? 0 : 1;  // "at least t" is "above t - 1": Metal takes the even code in a tie
  int16_t t0 = (int16_t)(base - 256), t1 = (int16_t)(base - 64 - even), t2 = (int16_t)(base + 32);
  int16_t t3 = (int16_t)(base + 96 - even), t4 = (int16_t)(base + 160), t5 = (int16_t)(base + 224 - even);
  int16_t t6 = (int16_t)(base + 288);
  uint16_t codes[32];
  for (int i = 0; i < 32; i++) {
    int16_t a = (int16_t)(v[i] & 0x7FFF);
    uint16_t c = (uint16_t)((a > t0) + (a > t1) + (a > t2) + (a > t3) + (a > t4) + (a > t5) + (a > t6));
    uint16_t sign = (uint16_t)((v[i] >> 12) & 8);
    codes[i] = (uint16_t)(c | (cpu ? (c ? sign : 0) : sign));
  }
  for (int i = 0; i < 16; i++) {
    uint32_t pair;
    memcpy(&pair, codes + 2 * i, 4);
    output[i] = (uint8_t)(pair | pair >> 12);
  }
}

// E4M3. q = |w| in units of the scale, as exponent (bits 7 and up, 1 = 2^-6) and 7 fraction bits, four of which are
// rounded away. Groups with smaller elements go through f32: multiplying by a power of two is the same as dividing.
CAMBIUM_INLINE void mxfp8_codes(const uint16_t v[32], int32_t scale, uint8_t *output) {
  int16_t base = (int16_t)((scale - 7) << 7), small = 0;
  for (int i = 0; i < 32; i++) {
    int16_t q = (int16_t)((v[i] & 0x7FFF) - base);
    small |= (int16_t)(q < 128);
    int16_t code = (int16_t)((q + 7 + (q >> 4 & 1)) >> 4);
    code = code < 0x7E ? code : 0x7E;
    output[i] = (uint8_t)(code | (v[i] >> 8 & 0x80));
  }
  if (!small) return;
  float inverse = power_of_two(127 - scale);
  for (int i = 0; i < 32; i++) output[i] = (uint8_t)float_to_e4m3(bf16_to_float(v[i]) * inverse);
}
