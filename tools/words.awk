# words - nothing unfinished, no trailing blanks.
#
#   awk -f tools/words.awk FILE...
#
# The words are those that people leave where work was not done; they are looked for as whole words in capitals or small
# letters.  Also wrong: blanks at the end of a line, a carriage return, a tab that indents C, a
# last line that does not end.
BEGIN {
    count = split("todo|fixme|xxx|stub|stubs|stubbed|placeholder|for now|not yet implemented|" \
        "coming soon|lorem ipsum|hack|temporary fix|temporary workaround", words, "|")
}

function wrong(why) {
    printf "%s:%d: %s\n", FILENAME, FNR, why
    bad = 1
}

/[ \t]$/ { wrong("blanks at the end") }
/\r/ { wrong("carriage return") }
/^ *\t/ && FILENAME ~ /\.[ch]$/ { wrong("tab at the start") }

{
    text = " " tolower($0) " "
    gsub(/[^a-z]+/, " ", text)
    for (i = 1; i <= count; i++) {
        if (index(text, " " words[i] " ")) {
            wrong("unfinished: " words[i])
        }
    }
}

# awk does not tell whether the last line ended, so tail is asked.
function check_end(file, command, last) {
    command = "tail -c 1 '" file "' | od -An -c"
    command | getline last
    close(command)
    if (last !~ /\\n/ && last != "") {
        printf "%s: the last line does not end\n", file
        bad = 1
    }
}

END {
    for (i = 1; i < ARGC; i++) {
        check_end(ARGV[i])
    }
    exit bad
}
