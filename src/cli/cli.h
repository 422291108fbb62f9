#pragma once
/* The commands: one table (name, arguments, sentence), --help and the man page come from it. */
int cli_main(int argc, char **argv);
