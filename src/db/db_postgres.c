#include "db/db_impl.h"
const struct driver driver_postgres = {0};
