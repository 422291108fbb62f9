/* The clock, the saving and the looking of the engine's own tests, here with the manual that ships. */
#include "unit/work/company.c"
