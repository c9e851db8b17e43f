/* archive_int - what those who write archives and those who read them back share. */
#ifndef PROCESS_ARCHIVE_INT_H
#define PROCESS_ARCHIVE_INT_H

#include "process/archive.h"

enum { ARCHIVE_LINE_MAX = 32 << 20, ARCHIVE_CHUNK = 1 << 20 };

#endif
