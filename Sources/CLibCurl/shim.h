// Typed forms of libcurl's variadic calls, which Swift cannot import.
#ifndef ASSAY_CLIBCURL_SHIM_H
#define ASSAY_CLIBCURL_SHIM_H

#include <curl/curl.h>
#include <stdbool.h>

typedef size_t (*assay_curl_data)(char *bytes, size_t size, size_t count, void *context);

static inline CURLcode assay_curl_set_long(CURL *easy, CURLoption option, long value) {
    return curl_easy_setopt(easy, option, value);
}
static inline CURLcode assay_curl_set_large(CURL *easy, CURLoption option, curl_off_t value) {
    return curl_easy_setopt(easy, option, value);
}
static inline CURLcode assay_curl_set_text(CURL *easy, CURLoption option, const char *value) {
    return curl_easy_setopt(easy, option, value);
}
static inline CURLcode assay_curl_set_bytes(CURL *easy, CURLoption option, const void *value) {
    return curl_easy_setopt(easy, option, value);
}
static inline CURLcode assay_curl_set_context(CURL *easy, CURLoption option, void *value) {
    return curl_easy_setopt(easy, option, value);
}
static inline CURLcode assay_curl_set_list(CURL *easy, CURLoption option, struct curl_slist *value) {
    return curl_easy_setopt(easy, option, value);
}
static inline CURLcode assay_curl_set_data(CURL *easy, CURLoption option, assay_curl_data value) {
    return curl_easy_setopt(easy, option, value);
}
static inline CURLcode assay_curl_get_long(CURL *easy, CURLINFO info, long *value) {
    return curl_easy_getinfo(easy, info, value);
}
static inline CURLcode assay_curl_get_time(CURL *easy, CURLINFO info, curl_off_t *value) {
    return curl_easy_getinfo(easy, info, value);
}
static inline CURLMcode assay_curl_multi_set_long(CURLM *multi, CURLMoption option, long value) {
    return curl_multi_setopt(multi, option, value);
}
// The finished transfer of a message, NULL for any other message.
static inline CURL *assay_curl_finished(CURLMsg *message, CURLcode *result) {
    if (message->msg != CURLMSG_DONE) { return NULL; }
    *result = message->data.result;
    return message->easy_handle;
}

#endif
