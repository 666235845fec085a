# Run by each build: writes OUTPUT anew when the commit of SOURCE is another than before.
execute_process(COMMAND git describe --always --dirty --exclude=* WORKING_DIRECTORY ${SOURCE}
    OUTPUT_VARIABLE commit OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
file(CONFIGURE OUTPUT ${OUTPUT} CONTENT "#define PT_COMMIT \"${commit}\"\n" @ONLY)
