#include "catalogue.h"

// #embed is C23; clang has it in every mode and says so.
#pragma clang diagnostic ignored "-Wc23-extensions"

static const unsigned char messages[] = {
#embed "messages.txt"
};

static const unsigned char kinds[] = {
#embed "kinds.txt"
};

const unsigned char *explorer_catalogue_messages(size_t *byte_count) {
  *byte_count = sizeof messages;
  return messages;
}

const unsigned char *explorer_catalogue_kinds(size_t *byte_count) {
  *byte_count = sizeof kinds;
  return kinds;
}
