// A bare loop: each JPEG file of a folder read and decoded by libjpeg-turbo at a quarter of its size, nothing more.
// FOLDER THREADS -> seconds. Built by: cc -O3 -pthread jpeg-loop.c -ljpeg
#include <dirent.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
// It needs stdio.h.
#include <jpeglib.h>

static char **paths;
static size_t count;
static atomic_size_t next;

static void decode(const char *path) {
  FILE *file = fopen(path, "rb");
  if (file == NULL) exit(1);
  fseek(file, 0, SEEK_END);
  const long length = ftell(file);
  rewind(file);
  unsigned char *bytes = malloc(length);
  if (fread(bytes, 1, length, file) != (size_t)length) exit(1);
  fclose(file);
  struct jpeg_decompress_struct jpeg;
  struct jpeg_error_mgr errors;
  jpeg.err = jpeg_std_error(&errors);
  jpeg_create_decompress(&jpeg);
  jpeg_mem_src(&jpeg, bytes, length);
  jpeg_read_header(&jpeg, TRUE);
  jpeg.scale_num = 1;
  jpeg.scale_denom = 4;
  jpeg_start_decompress(&jpeg);
  unsigned char *row = malloc((size_t)jpeg.output_width * jpeg.output_components);
  while (jpeg.output_scanline < jpeg.output_height) jpeg_read_scanlines(&jpeg, &row, 1);
  jpeg_finish_decompress(&jpeg);
  jpeg_destroy_decompress(&jpeg);
  free(row);
  free(bytes);
}

static void *work(void *unused) {
  for (size_t index; (index = atomic_fetch_add(&next, 1)) < count;) decode(paths[index]);
  return unused;
}

int main(int arguments, char **argument) {
  if (arguments != 3) return 64;
  DIR *folder = opendir(argument[1]);
  if (folder == NULL) return 1;
  for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
    if (strstr(entry->d_name, ".jpg") == NULL) continue;
    paths = realloc(paths, (count + 1) * sizeof *paths);
    paths[count] = malloc(strlen(argument[1]) + strlen(entry->d_name) + 2);
    sprintf(paths[count++], "%s/%s", argument[1], entry->d_name);
  }
  struct timespec from, to;
  clock_gettime(CLOCK_MONOTONIC, &from);
  const int threads = atoi(argument[2]);
  pthread_t thread[64];
  for (int index = 0; index < threads && index < 64; index++) pthread_create(thread + index, NULL, work, NULL);
  for (int index = 0; index < threads && index < 64; index++) pthread_join(thread[index], NULL);
  clock_gettime(CLOCK_MONOTONIC, &to);
  printf("%f\n", to.tv_sec - from.tv_sec + (to.tv_nsec - from.tv_nsec) / 1e9);
}
