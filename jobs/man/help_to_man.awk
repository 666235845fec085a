# A man page from what --help prints, so that there is one source.
#   awk -v name=pytracer-run -v version=0.1.0 -f help_to_man.awk < help > page.1
#
# The form of a help text: "usage:" and its continuation; paragraphs; headings "Words:" at
# the margin; under them entries, indented by two, "term  explanation" with two blanks
# between, or the term alone; explanations go on in lines that are indented deeper.

function roff(text) {
    gsub(/\\/, "\\e", text)
    gsub(/-/, "\\-", text)
    gsub(/`/, "\\(ga", text)
    gsub(/"/, "\\(dq", text)
    if (text ~ /^[.']/)
        text = "\\&" text
    return text
}

function begin_section(title) {
    print ".SH " toupper(title)
    section = title
    entry = 0
}

# The first sentence of the description, for whatis.
function summary(text) {
    if (match(text, /[.:;] /))
        text = substr(text, 1, RSTART - 1)
    sub(/[.:]$/, "", text)
    return text
}

function flush_paragraph() {
    if (paragraph == "")
        return
    if (!described) {
        described = 1
        print ".SH NAME"
        print roff(name) " \\- " roff(summary(paragraph))
        print ".SH SYNOPSIS"
        for (i = 1; i <= usages; i++) {
            if (i > 1)
                print ".br"
            print roff(usage[i])
        }
        print ".SH DESCRIPTION"
    } else {
        print ".PP"
    }
    print roff(paragraph)
    paragraph = ""
}

BEGIN {
    print ".TH " toupper(name) " 1 \"\" \"pytracer " version "\" \"pytracer\""
    in_usage = 1
}

in_usage && NR == 1 {
    sub(/^usage: */, "")
    usage[++usages] = $0
    next
}

# Another way to call it stands under the first one's name.
in_usage && /^ +[^ ]/ {
    another = $0 ~ /^       [a-z]/
    sub(/^ +/, "")
    if (another)
        usage[++usages] = $0
    else
        usage[usages] = usage[usages] " " $0
    next
}

/^$/ {
    in_usage = 0
    flush_paragraph()
    next
}

/^[A-Z][A-Za-z ]*:$/ {
    flush_paragraph()
    sub(/:$/, "")
    begin_section($0)
    next
}

# An entry: a new term, or a line of the examples, or of the exit status.
/^  [^ ]/ {
    flush_paragraph()
    if (section == "")
        begin_section("options")
    text = substr($0, 3)
    explanation = ""
    if (match(text, /   *[^ ]/)) {
        explanation = substr(text, RSTART + RLENGTH - 1)
        text = substr(text, 1, RSTART - 1)
    }
    print ".TP"
    print ".B " roff(text)
    if (explanation != "")
        print roff(explanation)
    next
}

/^   +[^ ]/ {
    sub(/^ +/, "")
    print roff($0)
    next
}

{
    sub(/^ +/, "")
    paragraph = paragraph == "" ? $0 : paragraph " " $0
}

END {
    flush_paragraph()
}
