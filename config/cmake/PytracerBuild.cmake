# What every target of ours is built with, and the words said when a dependency is missing.

set(CMAKE_C_STANDARD 11)
set(CMAKE_C_EXTENSIONS ON)
set(CMAKE_C_VISIBILITY_PRESET hidden)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
if(NOT CMAKE_BUILD_TYPE)
    set(CMAKE_BUILD_TYPE Release CACHE STRING "Release, Debug or RelWithDebInfo" FORCE)
endif()
# Every program finds its siblings relative to itself: a prefix can be moved.
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/bin)

add_library(pt_warnings INTERFACE)
target_compile_options(pt_warnings INTERFACE
    -Wall -Wextra -Wshadow -Wconversion -Wmissing-prototypes -Wstrict-prototypes)
if(PYTRACER_WERROR)
    target_compile_options(pt_warnings INTERFACE -Werror)
endif()
target_compile_definitions(pt_warnings INTERFACE _GNU_SOURCE PT_VERSION="${PROJECT_VERSION}")

# pt_missing(<what> <debian package> <hint>): one clear line, then the end.
function(pt_missing what package hint)
    message(FATAL_ERROR "pytracer needs ${what}, which was not found.\n"
        "  Debian/Ubuntu: apt-get install ${package}\n"
        "  On a cluster:  ${hint}")
endfunction()
