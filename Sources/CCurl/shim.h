// The calls of libcurl that take any type as their last argument, once for each type: Swift calls no variadic functions.
#ifndef CAMBIUM_CCURL_H
#define CAMBIUM_CCURL_H

#include <curl/curl.h>

typedef size_t (*cambium_curl_sink)(char *bytes, size_t size, size_t count, void *context);
typedef int (*cambium_curl_progress)(
    void *context, curl_off_t total, curl_off_t received, curl_off_t upload, curl_off_t sent);
typedef curl_socket_t (*cambium_curl_open)(void *context, curlsocktype purpose, struct curl_sockaddr *address);

static inline CURLcode cambium_curl_set_number(CURL *handle, CURLoption option, long value) {
  return (curl_easy_setopt)(handle, option, value);
}

static inline CURLcode cambium_curl_set_text(CURL *handle, CURLoption option, const char *value) {
  return (curl_easy_setopt)(handle, option, value);
}

static inline CURLcode cambium_curl_set_pointer(CURL *handle, CURLoption option, void *value) {
  return (curl_easy_setopt)(handle, option, value);
}

static inline CURLcode cambium_curl_set_sink(CURL *handle, CURLoption option, cambium_curl_sink value) {
  return (curl_easy_setopt)(handle, option, value);
}

static inline CURLcode cambium_curl_set_progress(CURL *handle, cambium_curl_progress value) {
  return (curl_easy_setopt)(handle, CURLOPT_XFERINFOFUNCTION, value);
}

static inline CURLcode cambium_curl_set_open(CURL *handle, cambium_curl_open value) {
  return (curl_easy_setopt)(handle, CURLOPT_OPENSOCKETFUNCTION, value);
}

static inline CURLcode cambium_curl_get_number(CURL *handle, CURLINFO info, long *value) {
  return (curl_easy_getinfo)(handle, info, value);
}

static inline CURLcode cambium_curl_get_text(CURL *handle, CURLINFO info, char **value) {
  return (curl_easy_getinfo)(handle, info, value);
}

#endif
