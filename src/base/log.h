#pragma once
/* The log: one line per event to stderr, key=value. Level error means somebody must act. Ids, never names, addresses
 * or bodies. Values are quoted where they need it. log_event(LOG_INFO, "request", "id", id, "status", "200", NULL) */
#include "base/str.h"

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };
void log_set_level(enum log_level level);
bool log_enabled(enum log_level level);
void log_event(enum log_level level, const char *event, ...) __attribute__((sentinel)); /* pairs of const char * */
