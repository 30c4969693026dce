// Decodes a JPEG file by one version of libjpeg. Included once for each version, with JPEG_LIB_VERSION and TYPE(name) as in libjpeg.h.
#include "libjpeg.h"

typedef struct {
  TYPE(Decompress) jpeg;
  TYPE(Errors) errors;
  TYPE(Progress) progress;
  jmp_buf stop;
  uint8_t *rows;
  AreaMean means[MAX_COMPONENTS];
} TYPE(Decoding);

// A warning ends the decode, too: what of such a file is shown is decided elsewhere.
static void TYPE(fail)(TYPE(Decompress) * jpeg) { longjmp(((TYPE(Decoding) *)jpeg)->stop, 1); }

static void TYPE(on_message)(TYPE(Decompress) * jpeg, int level) {
  if (level < 0) TYPE(fail)(jpeg);
}

static void TYPE(on_text)(TYPE(Decompress) * jpeg) { (void)jpeg; }

// A small file may have so many scans that its decode takes hours.
static void TYPE(on_progress)(TYPE(Decompress) * jpeg) {
  if (jpeg->input_scan_number > MAX_SCANS) TYPE(fail)(jpeg);
}

// Whether the decoder's planes are luma in the size of the output, and chroma in any.
static bool TYPE(is_plain)(const TYPE(Decompress) * jpeg) {
  if (jpeg->data_precision != 8 || jpeg->arith_code) return false;
  if (jpeg->num_components == 1) return jpeg->jpeg_color_space == GREY;
  const TYPE(Component) *luma = jpeg->comp_info;
  return jpeg->num_components == 3 && jpeg->jpeg_color_space == YCBCR &&
         luma->h_samp_factor == jpeg->max_h_samp_factor && luma->v_samp_factor == jpeg->max_v_samp_factor;
}

// Takes the planes of the picture, one row of blocks after another, and makes them smaller at once.
static bool TYPE(read_planes)(TYPE(Decoding) * decoding) {
  TYPE(Decompress) *jpeg = &decoding->jpeg;
  uint8_t *pointers[MAX_COMPONENTS][MAX_ROWS], **planes[MAX_COMPONENTS], *next = NULL;
  size_t bytes = 0;
  const unsigned lines = jpeg->max_v_samp_factor * jpeg->min_DCT_scaled_size;
  for (int pass = 0; pass < 2; pass++) {
    for (int index = 0; index < jpeg->num_components; index++) {
      const TYPE(Component) *part = jpeg->comp_info + index;
      const unsigned rows = part->v_samp_factor * part->DCT_scaled_size;
      // A row has all blocks of the last MCU.
      const size_t stride = (size_t)(part->width_in_blocks + part->h_samp_factor) * part->DCT_scaled_size;
      if (rows > MAX_ROWS) return false;
      for (unsigned row = 0; pass == 1 && row < rows; row++) pointers[index][row] = next + row * stride;
      if (pass == 0) bytes += rows * stride;
      else next += rows * stride;
      planes[index] = pointers[index];
    }
    if (pass == 0) next = decoding->rows = malloc(bytes);
    if (next == NULL) return false;
  }
  while (jpeg->output_scanline < jpeg->output_height) {
    if (libjpeg.read_raw_data(jpeg, planes, lines) == 0) return false;
    for (int index = 0; index < jpeg->num_components; index++) {
      AreaMean *mean = decoding->means + index;
      const unsigned rows = jpeg->comp_info[index].v_samp_factor * jpeg->comp_info[index].DCT_scaled_size;
      for (unsigned row = 0; row < rows && mean->row < mean->height; row++)
        area_mean_add_row(mean, pointers[index][row]);
    }
  }
  return true;
}

// Whether all of the picture was decoded without a warning.
static bool TYPE(decode)(const uint8_t *file, size_t length, unsigned shrink, const Planes *to) {
  TYPE(Decoding) *decoding = calloc(1, sizeof *decoding);
  if (decoding == NULL) return false;
  TYPE(Decompress) *jpeg = &decoding->jpeg;
  volatile bool is_done = false;
  if (setjmp(decoding->stop) == 0) {
    jpeg->err = libjpeg.std_error(&decoding->errors);
    decoding->errors.error_exit = TYPE(fail);
    decoding->errors.emit_message = TYPE(on_message);
    decoding->errors.output_message = TYPE(on_text);
    libjpeg.create(jpeg, JPEG_LIB_VERSION, sizeof *jpeg);
    decoding->progress.progress_monitor = TYPE(on_progress);
    jpeg->progress = &decoding->progress;
    libjpeg.from_memory(jpeg, file, length);
    if (libjpeg.read_header(jpeg, 1) == HEADER_OK && TYPE(is_plain)(jpeg)) {
      jpeg->scale_num = 1;
      jpeg->scale_denom = shrink;
      jpeg->out_color_space = jpeg->jpeg_color_space;
      jpeg->raw_data_out = 1;
      jpeg->do_block_smoothing = 0;
      libjpeg.start(jpeg);
      bool has_memory = true;
      for (int index = 0; has_memory && index < jpeg->num_components; index++) {
        const TYPE(Component) *part = jpeg->comp_info + index;
        const bool is_luma = index == 0;
        has_memory = area_mean_begin(decoding->means + index, part->downsampled_width, part->downsampled_height, 1,
                                     is_luma ? to->width : to->chroma_side, is_luma ? to->height : to->chroma_side,
                                     to->planes[index]);
      }
      is_done = has_memory && TYPE(read_planes)(decoding);
      if (is_done && jpeg->num_components == 1)
        for (int index = 1; index < MAX_COMPONENTS; index++)
          memset(to->planes[index], 128, (size_t)to->chroma_side * to->chroma_side);
      // The last lines may be there before the last scan's end was read, and what is wrong with it.
      if (is_done) libjpeg.finish(jpeg);
    }
  } else is_done = false;
  libjpeg.destroy(jpeg);
  for (int index = 0; index < MAX_COMPONENTS; index++) area_mean_end(decoding->means + index);
  free(decoding->rows);
  free(decoding);
  return is_done;
}
