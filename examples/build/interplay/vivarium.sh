#!/bin/sh
# Which vivarium the actions run: bazel build --action_env=VIVARIUM="npx vivarium"
exec ${VIVARIUM:-vivarium} "$@"
