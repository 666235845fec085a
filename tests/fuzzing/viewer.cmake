# The viewer's parsers, as fuzz_viewer.c says. Its kept inputs are in viewer/.
if(NOT PYTRACER_VIEWER)
    return()
endif()
set(result ${CMAKE_CURRENT_BINARY_DIR}/result.h5)
add_test(NAME fuzzing.viewer.result COMMAND ${PYTRACER_TEST_PYTHON}
    ${PROJECT_SOURCE_DIR}/benchmarks/make_result.py ${result} --calls 60 --rows 6 --columns 5 --hostile)
set_tests_properties(fuzzing.viewer.result PROPERTIES FIXTURES_SETUP fuzz_result)
pt_label_test(fuzzing.viewer.result ci 60)

set(viz ${PROJECT_SOURCE_DIR}/viz)
file(GLOB viewer_sources CONFIGURE_DEPENDS ${viz}/api_*.c)
list(APPEND viewer_sources ${CMAKE_CURRENT_SOURCE_DIR}/fuzz_viewer.c ${viz}/auth.c ${viz}/buffer.c
    ${viz}/decimate.c ${viz}/grid.c ${viz}/grid_tiles.c ${viz}/json.c ${viz}/number.c ${viz}/options.c
    ${viz}/plot.c ${viz}/query.c ${viz}/router.c ${viz}/series.c ${viz}/value.c)
file(GLOB viewer_kept CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/viewer/*)

add_executable(replay_viewer ${viewer_sources})
target_include_directories(replay_viewer PRIVATE ${viz})
target_link_libraries(replay_viewer PRIVATE pt_schema pt_base pt_statistics pt_warnings)
set_target_properties(replay_viewer PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/tests)
add_test(NAME fuzzing.viewer.kept COMMAND replay_viewer ${viewer_kept})
set_tests_properties(fuzzing.viewer.kept PROPERTIES FIXTURES_REQUIRED fuzz_result
    ENVIRONMENT "PYTRACER_FUZZ_RESULT=${result}")
pt_label_test(fuzzing.viewer.kept ci 60)

if(NOT fuzzer OR NOT EXISTS ${fuzzer})
    return()
endif()
set(aggregate ${PROJECT_SOURCE_DIR}/aggregate)
set(hdf5_includes $<TARGET_PROPERTY:pytracer::hdf5,INTERFACE_INCLUDE_DIRECTORIES>)
file(GLOB viewer_below CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/config/base/*.c ${aggregate}/schema/*.c)
list(APPEND viewer_below ${aggregate}/statistics/plan.c ${aggregate}/statistics/special.c
    ${aggregate}/statistics/options.c)
file(GLOB viewer_headers CONFIGURE_DEPENDS ${viz}/*.h ${aggregate}/schema/*.h ${PROJECT_SOURCE_DIR}/config/base/*.h)
set(viewer_program ${PROJECT_BINARY_DIR}/tests/fuzz_viewer)
add_custom_command(OUTPUT ${viewer_program}
    COMMAND ${PYTRACER_FUZZ_CLANG} -O1 -g -std=gnu11 -D_GNU_SOURCE -DPT_FUZZER
        "-DPT_SCHEMA_FILE=\"${aggregate}/schema/SCHEMA.md\""
        -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=undefined
        -I${viz} -I${aggregate} -I${PROJECT_SOURCE_DIR}/config -I${XXHASH_INCLUDE}
        "-I$<JOIN:${hdf5_includes},;-I>"
        ${viewer_sources} ${viewer_below}
        "$<JOIN:$<TARGET_PROPERTY:pytracer::hdf5,INTERFACE_LINK_LIBRARIES>,;>"
        -lm -lpthread -o ${viewer_program}
    COMMAND_EXPAND_LISTS
    DEPENDS ${viewer_sources} ${viewer_below} ${viewer_headers}
    COMMENT "Building the fuzzer of the viewer" VERBATIM)
add_custom_target(fuzz_viewer ALL DEPENDS ${viewer_program})

foreach(run "viewer;ci;10" "viewer.long;long;300")
    list(GET run 0 name)
    list(GET run 1 label)
    list(GET run 2 seconds)
    set(folder ${CMAKE_CURRENT_BINARY_DIR}/${name})
    file(MAKE_DIRECTORY ${folder})
    add_test(NAME fuzzing.${name} WORKING_DIRECTORY ${folder}
        COMMAND ${viewer_program} -max_total_time=${seconds} -max_len=600 -timeout=20 -rss_limit_mb=1500
            -verbosity=0 -print_final_stats=1 -dict=${CMAKE_CURRENT_SOURCE_DIR}/viewer.dict ${folder}
            ${CMAKE_CURRENT_SOURCE_DIR}/viewer)
    set_tests_properties(fuzzing.${name} PROPERTIES FIXTURES_REQUIRED fuzz_result
        ENVIRONMENT "PYTRACER_FUZZ_RESULT=${result}")
    pt_label_test(fuzzing.${name} ${label} 420)
endforeach()
