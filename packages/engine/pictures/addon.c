// JPEG and WebP files to luma and chroma by the system's libjpeg-turbo and libwebp, and the area mean of decoded pixels, for Node by Node-API. The libraries
// are found when the addon is loaded: without them there is no function decodeJpeg or decodeWebp.
#include <dlfcn.h>
#include <node_api.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include "area-mean.h"

enum { MAX_COMPONENTS = 3, MAX_ROWS = 64, MAX_SCANS = 100 };
// Of libjpeg: JPEG_HEADER_OK, JCS_GRAYSCALE, JCS_YCbCr.
enum { HEADER_OK = 1, GREY = 1, YCBCR = 3 };

// Where the planes are written to.
typedef struct {
  uint32_t width, height, chroma_side;
  uint8_t *planes[MAX_COMPONENTS];
} Planes;

// The functions of libjpeg; the structure that they take differs by its version.
static struct {
  void *(*std_error)(void *);
  void (*create)(void *, int, size_t);
  void (*from_memory)(void *, const unsigned char *, unsigned long);
  int (*read_header)(void *, int);
  int (*start)(void *);
  unsigned (*read_raw_data)(void *, uint8_t ***, unsigned);
  int (*finish)(void *);
  void (*destroy)(void *);
} libjpeg;

#define JOIN(a, b) a##b
#define JPEG_LIB_VERSION 62
#define TYPE(name) JOIN(name, 62)
#include "decode-jpeg.h"
#undef JPEG_LIB_VERSION
#undef TYPE
#define JPEG_LIB_VERSION 80
#define TYPE(name) JOIN(name, 80)
#include "decode-jpeg.h"

typedef bool Decode(const uint8_t *file, size_t length, unsigned shrink, const Planes *to);

static const struct {
  const char *name;
  Decode *decode;
} libraries[] = {
    {"libjpeg.so.62", decode62},
    {"libjpeg.so.8", decode80},
    {"/opt/homebrew/opt/jpeg-turbo/lib/libjpeg.8.dylib", decode80},
    {"/usr/local/opt/jpeg-turbo/lib/libjpeg.8.dylib", decode80},
};

static Decode *decode = NULL;

// The first installed library that is libjpeg-turbo: others with the same names decode to other pixels.
static void find_libjpeg(void) {
  for (size_t index = 0; decode == NULL && index < sizeof libraries / sizeof *libraries; index++) {
    void *library = dlopen(libraries[index].name, RTLD_NOW | RTLD_LOCAL);
    if (library == NULL) continue;
    *(void **)&libjpeg.std_error = dlsym(library, "jpeg_std_error");
    *(void **)&libjpeg.create = dlsym(library, "jpeg_CreateDecompress");
    *(void **)&libjpeg.from_memory = dlsym(library, "jpeg_mem_src");
    *(void **)&libjpeg.read_header = dlsym(library, "jpeg_read_header");
    *(void **)&libjpeg.start = dlsym(library, "jpeg_start_decompress");
    *(void **)&libjpeg.read_raw_data = dlsym(library, "jpeg_read_raw_data");
    *(void **)&libjpeg.finish = dlsym(library, "jpeg_finish_decompress");
    *(void **)&libjpeg.destroy = dlsym(library, "jpeg_destroy_decompress");
    const bool is_turbo = dlsym(library, "jpeg_skip_scanlines") != NULL && libjpeg.from_memory != NULL;
    if (is_turbo) decode = libraries[index].decode;
    else dlclose(library);
  }
}

// The functions of libwebp that do not depend on its version.
static struct {
  uint8_t *(*decode_yuv)(const uint8_t *, size_t, int *, int *, uint8_t **, uint8_t **, int *, int *);
  void (*free)(void *);
} libwebp;

static void find_libwebp(void) {
  static const char *const names[] = {"libwebp.so.7", "/opt/homebrew/opt/webp/lib/libwebp.7.dylib",
                                      "/usr/local/opt/webp/lib/libwebp.7.dylib"};
  for (size_t index = 0; libwebp.decode_yuv == NULL && index < sizeof names / sizeof *names; index++) {
    void *library = dlopen(names[index], RTLD_NOW | RTLD_LOCAL);
    if (library == NULL) continue;
    *(void **)&libwebp.decode_yuv = dlsym(library, "WebPDecodeYUV");
    *(void **)&libwebp.free = dlsym(library, "WebPFree");
    if (libwebp.free == NULL) libwebp.decode_yuv = NULL;
  }
}

static uint32_t number_of(napi_env env, napi_value value) {
  uint32_t number = 0;
  napi_get_value_uint32(env, value, &number);
  return number;
}

// The bytes of a Uint8Array.
static uint8_t *bytes_of(napi_env env, napi_value value, size_t *length) {
  void *bytes = NULL;
  napi_typedarray_type type;
  napi_value buffer;
  size_t offset;
  *length = 0;
  if (napi_get_typedarray_info(env, value, &type, length, &bytes, &buffer, &offset) != napi_ok) return NULL;
  return bytes;
}

static napi_value boolean_of(napi_env env, bool value) {
  napi_value result;
  napi_get_boolean(env, value, &result);
  return result;
}

// Where the planes of a call are written to, from its arguments: luma, width, height, cb, cr, side. Returns false where they do not fit.
static bool planes_of(napi_env env, const napi_value *arguments, Planes *to) {
  size_t sizes[MAX_COMPONENTS];
  *to = (Planes){
      number_of(env, arguments[1]),
      number_of(env, arguments[2]),
      number_of(env, arguments[5]),
      {bytes_of(env, arguments[0], sizes), bytes_of(env, arguments[3], sizes + 1), bytes_of(env, arguments[4], sizes + 2)},
  };
  const size_t cells = (size_t)to->chroma_side * to->chroma_side;
  return to->width > 0 && to->height > 0 && cells > 0 && sizes[0] >= (size_t)to->width * to->height &&
         sizes[1] >= cells && sizes[2] >= cells;
}

// decodeJpeg(file, shrink, luma, width, height, cb, cr, side): whether the picture is in luma (width x height), cb and cr (side x side)
static napi_value decode_jpeg(napi_env env, napi_callback_info info) {
  napi_value arguments[8];
  size_t count = 8, length;
  Planes to;
  napi_get_cb_info(env, info, &count, arguments, NULL, NULL);
  const uint8_t *file = bytes_of(env, arguments[0], &length);
  const bool fits = file != NULL && planes_of(env, arguments + 2, &to);
  return boolean_of(env, fits && decode(file, length, number_of(env, arguments[1]), &to));
}

// The area mean of a plane, of which each byte is replaced by that of the table.
static bool plane_mean(const uint8_t *plane, size_t stride, uint32_t width, uint32_t height, const uint8_t *table,
                       uint8_t *to, uint32_t new_width, uint32_t new_height) {
  AreaMean mean;
  if (!area_mean_begin(&mean, width, height, 1, new_width, new_height, to)) return false;
  uint8_t *row = malloc(width);
  for (uint32_t y = 0; row != NULL && y < height; y++) {
    for (uint32_t x = 0; x < width; x++) row[x] = table[plane[y * stride + x]];
    area_mean_add_row(&mean, row);
  }
  free(row);
  area_mean_end(&mean);
  return row != NULL;
}

// A value of video range as one of full range: luma of 16 to 235, or chroma of 16 to 240.
static uint8_t full_range(int value, int zero, int steps) {
  const int scaled = (value - zero) * 255, half = scaled < 0 ? -steps / 2 : steps / 2;
  const int full = (zero == 16 ? 0 : zero) + (scaled + half) / steps;
  return (uint8_t)(full < 0 ? 0 : full > 255 ? 255 : full);
}

// decodeWebp(file, width, height, luma, newWidth, newHeight, cb, cr, side): whether the lossy picture of this size is in luma, cb and cr
static napi_value decode_webp(napi_env env, napi_callback_info info) {
  napi_value arguments[9];
  size_t count = 9, length;
  Planes to;
  napi_get_cb_info(env, info, &count, arguments, NULL, NULL);
  const uint8_t *file = bytes_of(env, arguments[0], &length);
  const uint32_t width = number_of(env, arguments[1]), height = number_of(env, arguments[2]);
  if (file == NULL || !planes_of(env, arguments + 3, &to)) return boolean_of(env, false);
  int across, down, stride, chroma_stride;
  uint8_t *cb, *cr, *luma = libwebp.decode_yuv(file, length, &across, &down, &cb, &cr, &stride, &chroma_stride);
  if (luma == NULL) return boolean_of(env, false);
  uint8_t lumas[256], chromas[256];
  for (int value = 0; value < 256; value++) {
    lumas[value] = full_range(value, 16, 219);
    chromas[value] = full_range(value, 128, 224);
  }
  const uint32_t chroma_width = (width + 1) / 2, chroma_height = (height + 1) / 2, side = to.chroma_side;
  const bool is_done =
      (uint32_t)across == width && (uint32_t)down == height &&
      plane_mean(luma, stride, width, height, lumas, to.planes[0], to.width, to.height) &&
      plane_mean(cb, chroma_stride, chroma_width, chroma_height, chromas, to.planes[1], side, side) &&
      plane_mean(cr, chroma_stride, chroma_width, chroma_height, chromas, to.planes[2], side, side);
  libwebp.free(luma);
  return boolean_of(env, is_done);
}

// areaMean(pixels, width, height, channels, to, newWidth, newHeight): whether there was enough memory
static napi_value area_mean(napi_env env, napi_callback_info info) {
  napi_value arguments[7];
  size_t count = 7, length, new_length;
  napi_get_cb_info(env, info, &count, arguments, NULL, NULL);
  const uint8_t *pixels = bytes_of(env, arguments[0], &length);
  const uint32_t width = number_of(env, arguments[1]), height = number_of(env, arguments[2]);
  const uint32_t channels = number_of(env, arguments[3]);
  uint8_t *to = bytes_of(env, arguments[4], &new_length);
  const uint32_t new_width = number_of(env, arguments[5]), new_height = number_of(env, arguments[6]);
  const size_t stride = (size_t)width * channels;
  AreaMean mean;
  if (stride == 0 || height == 0 || new_width == 0 || new_height == 0 || length < stride * height ||
      new_length < (size_t)new_width * new_height * channels ||
      !area_mean_begin(&mean, width, height, channels, new_width, new_height, to))
    return boolean_of(env, false);
  for (uint32_t row = 0; row < height; row++) area_mean_add_row(&mean, pixels + row * stride);
  area_mean_end(&mean);
  return boolean_of(env, true);
}

// Luma of a row of pixels of three bytes: see luma.ts.
VECTORS static void write_luma(const uint8_t *restrict row, size_t width, uint8_t *restrict luma) {
  for (size_t x = 0; x < width; x++)
    luma[x] = (uint8_t)((19595u * row[3 * x] + 38470u * row[3 * x + 1] + 7471u * row[3 * x + 2] + 32768u) >> 16);
}

// rawPixels(pixels, width, height, luma, newWidth, newHeight, cells, side): whether there was enough memory for luma (newWidth x newHeight) and the
// means (side x side) of pixels of three bytes
static napi_value raw_pixels(napi_env env, napi_callback_info info) {
  napi_value arguments[8];
  size_t count = 8, length, luma_length, cells_length;
  napi_get_cb_info(env, info, &count, arguments, NULL, NULL);
  const uint8_t *pixels = bytes_of(env, arguments[0], &length);
  const uint32_t width = number_of(env, arguments[1]), height = number_of(env, arguments[2]);
  uint8_t *luma = bytes_of(env, arguments[3], &luma_length);
  const uint32_t new_width = number_of(env, arguments[4]), new_height = number_of(env, arguments[5]);
  uint8_t *cells = bytes_of(env, arguments[6], &cells_length);
  const uint32_t side = number_of(env, arguments[7]);
  const size_t stride = 3 * (size_t)width;
  if (stride == 0 || height == 0 || new_width == 0 || new_height == 0 || side == 0 || length < stride * height ||
      luma_length < (size_t)new_width * new_height || cells_length < 3 * (size_t)side * side)
    return boolean_of(env, false);
  AreaMean small, coarse;
  const bool has_small = area_mean_begin(&small, width, height, 1, new_width, new_height, luma);
  const bool has_coarse = area_mean_begin(&coarse, width, height, 3, side, side, cells);
  uint8_t *row = malloc(width);
  const bool has_memory = has_small && has_coarse && row != NULL;
  for (uint32_t y = 0; has_memory && y < height; y++) {
    write_luma(pixels + y * stride, width, row);
    area_mean_add_row(&small, row);
    area_mean_add_row(&coarse, pixels + y * stride);
  }
  free(row);
  area_mean_end(&small);
  area_mean_end(&coarse);
  return boolean_of(env, has_memory);
}

static void add(napi_env env, napi_value exports, const char *name, napi_callback call) {
  napi_value function;
  napi_create_function(env, name, NAPI_AUTO_LENGTH, call, NULL, &function);
  napi_set_named_property(env, exports, name, function);
}

NAPI_MODULE_INIT() {
  find_libjpeg();
  find_libwebp();
  if (decode != NULL) add(env, exports, "decodeJpeg", decode_jpeg);
  if (libwebp.decode_yuv != NULL) add(env, exports, "decodeWebp", decode_webp);
  add(env, exports, "areaMean", area_mean);
  add(env, exports, "rawPixels", raw_pixels);
  return exports;
}
