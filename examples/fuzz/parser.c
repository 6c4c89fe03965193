/* Reads people, a line each: an age and a name of at most 8 letters, as "42 Ada". Prints them again as "Ada is 42". */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAME_MAX_LETTERS 8

struct person {
#ifdef FIXED
  char name[NAME_MAX_LETTERS + 1];
#else
  char name[NAME_MAX_LETTERS]; /* No room for the zero at the end of the longest name: it falls on the age. */
#endif
  unsigned char age;
};

static int parse(char *line, struct person *person) {
  char *name;
  long age = strtol(line, &name, 10);
  if (name == line || *name != ' ' || age < 0 || age > 150) return -1;
  size_t length = strcspn(++name, "\n");
  if (length == 0 || length > NAME_MAX_LETTERS) return -1;
  person->age = age;
  memcpy(person->name, name, length);
  person->name[length] = 0;
  return 0;
}

int main(void) {
  char line[256];
  while (fgets(line, sizeof line, stdin) != NULL) {
    struct person person;
    if (parse(line, &person) != 0) puts("?");
    else printf("%s is %d\n", person.name, person.age);
  }
  return 0;
}
