// What libjpeg's structures look like in memory, by its version: its headers need not be installed. Included once for each version, with
// JPEG_LIB_VERSION set and TYPE(name) making a name of the version's own. After jpeglib.h of libjpeg-turbo 2.1, Copyright (C) 1991-1998
// Thomas G. Lane, 2009-2022 D. R. Commander (IJG and BSD licences). jpeg_CreateDecompress refuses a structure of another size.

typedef struct TYPE(Decompress) TYPE(Decompress);

typedef struct {
  int component_id, component_index, h_samp_factor, v_samp_factor, quant_tbl_no, dc_tbl_no, ac_tbl_no;
  unsigned width_in_blocks, height_in_blocks;
#if JPEG_LIB_VERSION >= 70
  int DCT_scaled_size, DCT_v_scaled_size;
#else
  int DCT_scaled_size;
#endif
  unsigned downsampled_width, downsampled_height;
  int component_needed, MCU_width, MCU_height, MCU_blocks, MCU_sample_width, last_col_width, last_row_height;
  void *quant_table, *dct_table;
} TYPE(Component);

typedef struct {
  void (*error_exit)(TYPE(Decompress) *);
  void (*emit_message)(TYPE(Decompress) *, int level);
  void (*output_message)(TYPE(Decompress) *);
  void (*format_message)(TYPE(Decompress) *, char *);
  void (*reset_error_mgr)(TYPE(Decompress) *);
  int msg_code;
  union {
    int i[8];
    char s[80];
  } msg_parm;
  int trace_level;
  long num_warnings;
  const char *const *jpeg_message_table;
  int last_jpeg_message;
  const char *const *addon_message_table;
  int first_addon_message, last_addon_message;
} TYPE(Errors);

typedef struct {
  void (*progress_monitor)(TYPE(Decompress) *);
  long pass_counter, pass_limit;
  int completed_passes, total_passes;
} TYPE(Progress);

struct TYPE(Decompress) {
  TYPE(Errors) * err;
  void *mem;
  TYPE(Progress) * progress;
  void *client_data;
  int is_decompressor, global_state;
  void *src;
  unsigned image_width, image_height;
  int num_components, jpeg_color_space, out_color_space;
  unsigned scale_num, scale_denom;
  double output_gamma;
  int buffered_image, raw_data_out, dct_method, do_fancy_upsampling, do_block_smoothing, quantize_colors, dither_mode,
      two_pass_quantize, desired_number_of_colors, enable_1pass_quant, enable_external_quant, enable_2pass_quant;
  unsigned output_width, output_height;
  int out_color_components, output_components, rec_outbuf_height, actual_number_of_colors;
  void *colormap;
  unsigned output_scanline;
  int input_scan_number;
  unsigned input_iMCU_row;
  int output_scan_number;
  unsigned output_iMCU_row;
  void *coef_bits, *quant_tbl_ptrs[4], *dc_huff_tbl_ptrs[4], *ac_huff_tbl_ptrs[4];
  int data_precision;
  TYPE(Component) * comp_info;
#if JPEG_LIB_VERSION >= 80
  int is_baseline;
#endif
  int progressive_mode, arith_code;
  uint8_t arith_dc_L[16], arith_dc_U[16], arith_ac_K[16];
  unsigned restart_interval;
  int saw_JFIF_marker;
  uint8_t JFIF_major_version, JFIF_minor_version, density_unit;
  uint16_t X_density, Y_density;
  int saw_Adobe_marker;
  uint8_t Adobe_transform;
  int CCIR601_sampling;
  void *marker_list;
  int max_h_samp_factor, max_v_samp_factor;
#if JPEG_LIB_VERSION >= 70
  int min_DCT_scaled_size, min_DCT_v_scaled_size;
#else
  int min_DCT_scaled_size;
#endif
  unsigned total_iMCU_rows;
  void *sample_range_limit;
  int comps_in_scan;
  void *cur_comp_info[4];
  unsigned MCUs_per_row, MCU_rows_in_scan;
  int blocks_in_MCU, MCU_membership[10], Ss, Se, Ah, Al;
#if JPEG_LIB_VERSION >= 80
  int block_size;
  const int *natural_order;
  int lim_Se;
#endif
  int unread_marker;
  void *master, *main, *coef, *post, *inputctl, *marker, *entropy, *idct, *upsample, *cconvert, *cquantize;
};
