/*
 * IMF-fixdate (RFC 9110 §5.6.7).  Written by hand: strftime would ask for a locale.
 */
#include <string.h>

#include "base/clock.h"
#include "net/http.h"

static void
put_two(char *at, int value)
{
    at[0] = (char)('0' + value / 10);
    at[1] = (char)('0' + value % 10);
}

void
http_date(char out[HTTP_DATE_BYTES], int64_t instant_us)
{
    static const char days[] = "SunMonTueWedThuFriSat";
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    int32_t day = instant_day(instant_us, 0);
    struct date date = day_to_date(day);
    int second = (int)((instant_us - day_start_us(day, 0)) / 1000000);

    CHECK(date.year >= 0 && date.year <= 9999);
    memcpy(out, "Sun, 06 Nov 1994 08:49:37 GMT", HTTP_DATE_BYTES);
    memcpy(out, days + (size_t)day_weekday(day) * 3, 3);
    put_two(out + 5, date.day);
    memcpy(out + 8, months + (size_t)(date.month - 1) * 3, 3);
    put_two(out + 12, date.year / 100);
    put_two(out + 14, date.year % 100);
    put_two(out + 17, second / 3600);
    put_two(out + 20, second / 60 % 60);
    put_two(out + 23, second % 60);
}

void
buf_put_http_date(struct buf *b, int64_t instant_us)
{
    char text[HTTP_DATE_BYTES];

    http_date(text, instant_us);
    buf_put(b, (struct str){text, sizeof(text)});
}
