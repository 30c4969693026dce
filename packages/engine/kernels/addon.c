// The kernels for Node, by Node-API: one binary for every version of Node (https://nodejs.org/api/n-api.html).
#include <node_api.h>

#include "kernel.h"

// The call that this thread is in, and the callback that takes its edges.
static _Thread_local struct {
  napi_env env;
  napi_value flush;
} current;

// An exception that the callback throws is thrown when the kernel returns.
void flush(uint32_t count) {
  napi_value undefined, argument;
  napi_get_undefined(current.env, &undefined);
  napi_create_uint32(current.env, count, &argument);
  napi_call_function(current.env, undefined, current.flush, 1, &argument, NULL);
}

// kernel(memory: ArrayBuffer, parameters: number, flush: (count: number) => void): number
static napi_value call(napi_env env, napi_callback_info info) {
  napi_value arguments[3], result;
  size_t count = 3;
  void *kernel, *memory;
  uint32_t parameters;
  napi_get_cb_info(env, info, &count, arguments, NULL, &kernel);
  napi_get_arraybuffer_info(env, arguments[0], &memory, NULL);
  napi_get_value_uint32(env, arguments[1], &parameters);
  current.env = env;
  current.flush = arguments[2];
  napi_create_double(env, (*(Kernel *const *)kernel)(memory, parameters), &result);
  return result;
}

static const struct {
  const char *name;
  Kernel *kernel;
} kernels[] = {
#define ENTRY(name) {#name, name},
    KERNELS(ENTRY)};

// Not inlined: before `runs_here` says yes, nothing compiled for the instruction set may run.
static __attribute__((noinline)) void add_kernels(napi_env env, napi_value exports) {
  for (size_t k = 0; k < sizeof kernels / sizeof *kernels; k++) {
    napi_value function;
    napi_create_function(env, kernels[k].name, NAPI_AUTO_LENGTH, call, (void *)&kernels[k].kernel, &function);
    napi_set_named_property(env, exports, kernels[k].name, function);
  }
}

// Whether this processor has the instructions that this binary was compiled for.
static bool runs_here(void) {
#if defined(__AVX512BITALG__)
  return __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") &&
         __builtin_cpu_supports("avx512bitalg") && __builtin_cpu_supports("avx512vpopcntdq") &&
         __builtin_cpu_supports("bmi2");
#elif defined(__AVX2__)
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi2");
#else
  return true;
#endif
}

NAPI_MODULE_INIT() {
  if (runs_here()) add_kernels(env, exports);
  else napi_throw_error(env, NULL, "this processor lacks the instructions that the kernels were compiled for");
  return exports;
}
