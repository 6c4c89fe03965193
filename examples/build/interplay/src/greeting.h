#define GREETING "hello from a machine that is the same everywhere"
