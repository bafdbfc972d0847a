/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The test programs, each with the arguments and the exit status of a main(): 0 if all its checks passed, 1 if one
 * failed, 2 if the test could not be carried out.
 */
#ifndef PROGRAMS_H
#define PROGRAMS_H

int forktest(int argc, char **argv);
int mmaptest(int argc, char **argv);
int pipetest(int argc, char **argv);
int sigtest(int argc, char **argv);

#endif
