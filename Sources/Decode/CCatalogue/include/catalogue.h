// The catalogue of Kubernetes kinds, as the two text files beside catalogue.c, embedded in the
// program's read-only data: nothing is read, copied or parsed at start.
#ifndef EXPLORER_CATALOGUE_H
#define EXPLORER_CATALOGUE_H

#include <stddef.h>

const unsigned char *explorer_catalogue_messages(size_t *byte_count);
const unsigned char *explorer_catalogue_kinds(size_t *byte_count);

#endif
