# cmake -DNPM=… -DFROM=<folder with package.json> -DTO=<folder> -P npm_ci.cmake
# Installs exactly what the lock file pins, outside the source tree.
file(MAKE_DIRECTORY ${TO})
file(COPY ${FROM}/package.json ${FROM}/package-lock.json DESTINATION ${TO})
foreach(attempt 1 2 3)
    execute_process(
        COMMAND ${NPM} ci --ignore-scripts --no-audit --no-fund --loglevel=error
        WORKING_DIRECTORY ${TO} RESULT_VARIABLE failed OUTPUT_VARIABLE words ERROR_VARIABLE words)
    if(NOT failed)
        file(TOUCH ${TO}/installed)
        return()
    endif()
endforeach()
message(FATAL_ERROR "npm ci failed in ${TO}:\n${words}\n"
    "Without a registry, give a ready-made bundle: -DPYTRACER_WEB_BUNDLE=<folder>")
