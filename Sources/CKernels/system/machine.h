// What the machine has.
#ifndef CAMBIUM_MACHINE_H
#define CAMBIUM_MACHINE_H

// Whether its processor has the instructions for SHA-256 that digest/ uses: 1 or 0.
int cambium_machine_has_sha(void);

#endif
