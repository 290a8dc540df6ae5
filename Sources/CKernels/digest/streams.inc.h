// SHA-256 of one stream, and of two that take turns. SHA256_ONE and SHA256_PAIR name the functions.

void SHA256_ONE(uint32_t state[8], const uint8_t *data, size_t blocks) {
  lane l = opened(state);
  for (; blocks > 0; blocks--, data += 64) {
    const lane before = l;
    load(&l, data);
#pragma clang loop unroll(full)
    for (int i = 0; i < 16; i++) four_rounds(&l, i);
    add(&l, &before);
  }
  closed(l, state);
}

void SHA256_PAIR(uint32_t a_state[8], const uint8_t *a, uint32_t b_state[8], const uint8_t *b, size_t blocks) {
  lane l = opened(a_state), m = opened(b_state);
  for (; blocks > 0; blocks--, a += 64, b += 64) {
    const lane l_before = l, m_before = m;
    load(&l, a);
    load(&m, b);
#pragma clang loop unroll(full)
    for (int i = 0; i < 16; i++) four_rounds_of_two(&l, &m, i);
    add(&l, &l_before);
    add(&m, &m_before);
  }
  closed(l, a_state);
  closed(m, b_state);
}
