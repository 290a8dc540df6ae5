// Files that are mapped into memory.
#ifndef CAMBIUM_CKERNELS_MAPPED_H
#define CAMBIUM_CKERNELS_MAPPED_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

// Remembers that `count` bytes at `start` are those of a mapped file. Who reads beyond the end that the file has by then
// gets SIGBUS; from the first call on the process ends in that case with `status`, after writing `text` to standard error.
// The text is copied. 0, or -1 without memory.
int cambium_remember_mapping(const void *start, size_t count, const char *text, int status);

// Writes `document` to standard output as well when the process ends that way. Called once, before anything is mapped;
// the text is copied. 0, or -1 without memory.
int cambium_document_lost_mapping(const char *document);

// Call this before the mapping is taken away.
void cambium_forget_mapping(const void *start);

#ifdef __cplusplus
}
#endif

#endif
