# Completion of pytracer for bash. Options are read from `pytracer help COMMAND`, so that
# they are those of the installed version.
_pytracer_commands() {
    "$1" --help 2>/dev/null | sed -n '/^Commands:/,/^$/s/^  \([a-z][a-z]*\) .*/\1/p'
}

_pytracer() {
    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}
    local command=${COMP_WORDS[1]} program=${COMP_WORDS[0]} i
    COMPREPLY=()

    if [ "$COMP_CWORD" -eq 1 ]; then
        mapfile -t COMPREPLY < <(compgen -W "$(_pytracer_commands "$program") --help --version" -- "$word")
        return
    fi
    if [ "$command" = help ] && [[ $word != -* ]]; then
        mapfile -t COMPREPLY < <(compgen -W "$(_pytracer_commands "$program")" -- "$word")
        return
    fi
    # Behind the program to run, words are its own.
    for ((i = 2; i < COMP_CWORD; i++)); do
        case ${COMP_WORDS[i]} in
        -- | --command) compopt -o default; return ;;
        esac
    done
    case $before in
    --directory | --experiment | --resume | --stage)
        compopt -o filenames
        mapfile -t COMPREPLY < <(compgen -d -- "$word")
        return ;;
    --method) mapfile -t COMPREPLY < <(compgen -W "cnh general" -- "$word"); return ;;
    --report) mapfile -t COMPREPLY < <(compgen -W "on off only" -- "$word"); return ;;
    esac
    case $word in
    -*)
        mapfile -t COMPREPLY < <(compgen -W "$("$program" help "$command" 2>/dev/null |
            grep -oE '(^|[ ,[])--[a-z][a-z0-9-]*' | grep -oE -- '--[a-z0-9-]+' | sort -u)" -- "$word") ;;
    *)
        compopt -o default ;;
    esac
}
complete -F _pytracer pytracer
