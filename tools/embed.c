/*
 * embed - files into one C table: assets.h's asset_table.  Usage: embed OUT FILE...
 * Bytes are written as string literals of octal escapes, so the result is plain C for any compiler.
 */
#include <stdio.h>
#include <stdlib.h>

static void
put_file(FILE *out, const char *path, int number)
{
    FILE *in = fopen(path, "rb");
    long count = 0;
    int c;

    if (in == NULL) {
        perror(path);
        exit(1);
    }
    (void)fprintf(out, "static const unsigned char asset_%d[] = {", number);
    while ((c = getc(in)) != EOF) {
        (void)fprintf(out, count % 24 == 0 ? "\n%d," : "%d,", c);
        count++;
    }
    (void)fprintf(out, "0};\n");
    (void)fclose(in);
}

int
main(int argc, char **argv)
{
    FILE *out;

    if (argc < 2 || (out = fopen(argv[1], "w")) == NULL) {
        (void)fprintf(stderr, "usage: embed OUT FILE...\n");
        return 2;
    }
    (void)fprintf(out, "/* Made by tools/embed. */\n#include \"base/asset.h\"\n\n");
    for (int i = 2; i < argc; i++) {
        put_file(out, argv[i], i - 2);
    }
    (void)fprintf(out, "const struct asset asset_table[] = {\n");
    for (int i = 2; i < argc; i++) {
        (void)fprintf(out, "    {\"%s\", asset_%d, sizeof(asset_%d) - 1},\n", argv[i], i - 2,
                      i - 2);
    }
    (void)fprintf(out, "    {0, 0, 0},\n};\nconst size_t asset_table_count = %d;\n", argc - 2);
    return fclose(out) == 0 ? 0 : 1;
}
