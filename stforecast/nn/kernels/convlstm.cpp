// All steps of a ConvLSTM over a batch of windows in one call, forward and backward.
//
// The build compiles this file once for every instruction set, with BUILD as part of the exported
// names. It needs the C library alone; vectors are the compiler's own.
//
// Layout. Maps lie channels last. A vector holds V channels of one gate; the four gates of the
// same channels lie next to each other, so that the gate equations find all they need in
// registers. F channels make `blocks` = ceil(F / V) such blocks.
//
// Work. Samples go through in chunks of about CHUNK_CELLS cells, all steps of a chunk one after
// another, so that a step finds what it needs in cache. Chunks form groups with gradients of their
// own, which are added up in order. Both sizes follow from the shapes alone: the numbers are the
// same bit for bit on any number of threads. Nor does a number depend on its neighbours in the
// batch: a tile of any size adds up the same products in the same order.

#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "tanh_coefficients.h"

#define INLINE inline __attribute__((always_inline))
#define APART __attribute__((noinline))
#define UNROLL _Pragma("GCC unroll 16")

namespace {

typedef int64_t num;

constexpr num CHUNK_CELLS = 192;  // states and slopes of a chunk stay in the second cache
constexpr num GROUPS = 16;        // each keeps gradients of its own, so their number is bounded
constexpr num GROUP_BYTES = 64 << 20;
constexpr num PANEL = 96;          // cells whose gates are worked on at a time
constexpr num PASS_BYTES = 65536;  // weights that stay in cache while the cells of a panel pass
constexpr num THREAD_WORK = 1 << 21;  // multiplications that outweigh starting a thread

// The registers decide how many pixels and vectors a tile has: 32 of them hold 6 x 4 sums, four
// weights and one input; 16 hold 6 x 2.
#if defined(__AVX512F__) || defined(__aarch64__)
constexpr int TILE_VECTORS = 4;
#else
constexpr int TILE_VECTORS = 2;
#endif
#if defined(__AVX512F__)
constexpr int VECTOR_BYTES = 64;
#elif defined(__AVX2__)
constexpr int VECTOR_BYTES = 32;
#else
constexpr int VECTOR_BYTES = 16;
#endif
constexpr int tile_pixels(int vectors) { return vectors >= 2 ? 6 : 12; }

INLINE num smaller(num a, num b) { return a < b ? a : b; }
INLINE num larger(num a, num b) { return a > b ? a : b; }
INLINE num divide_up(num a, num b) { return (a + b - 1) / b; }

// What Python passes, all of it 64-bit integers in this order.
struct Taps { num rows, columns, down, across; };
struct Problem {
  num B, T, C, F, H, W;
  Taps input, state;
  num peepholes;                                    // 0: none; 1: one a channel; H * W: one a cell
  num x_strides[5], h_strides[4], c_strides[4];     // of [B, T, C, H, W] and [B, F, H, W]
  num from_zero, save, frames_a_block, threads;
};

// --- vectors -------------------------------------------------------------------------------------

template <class T, int V> struct Vector {
  typedef T type __attribute__((vector_size(V * sizeof(T))));
  typedef T anywhere __attribute__((vector_size(V * sizeof(T)), aligned(sizeof(T))));
};
template <class T, int V> using Vec = typename Vector<T, V>::type;

template <class T, int V> INLINE Vec<T, V> load(const T* from) {
  return *(const typename Vector<T, V>::anywhere*)from;
}

template <class T, int V> INLINE void store(T* to, Vec<T, V> x) {
  *(typename Vector<T, V>::anywhere*)to = x;
}

// Channels beyond the last are zero, and are not written.
template <class T, int V> INLINE Vec<T, V> load_part(const T* from, num count) {
  if (count >= V) return load<T, V>(from);
  Vec<T, V> x{};
  for (num lane = 0; lane < count; lane++) x[lane] = from[lane];
  return x;
}

template <class T, int V> INLINE void store_part(T* to, Vec<T, V> x, num count) {
  if (count >= V) return store<T, V>(to, x);
  for (num lane = 0; lane < count; lane++) to[lane] = x[lane];
}

// --- gate functions ------------------------------------------------------------------------------

// tanh and sigmoid as fractions: what they are multiplied with shares one division. A NaN fails
// both comparisons and passes through.
template <class T, int V> struct Ratio {
  Vec<T, V> top, bottom;
  INLINE Ratio(Vec<T, V> u, bool logistic) {
    constexpr T limit = Tanh<T>::limit;
    const Vec<T, V> most = Vec<T, V>{} + limit;
    u = u > most ? most : u;
    u = u < -most ? -most : u;
    const Vec<T, V> s = u * u;
    Vec<T, V> p = Vec<T, V>{} + Tanh<T>::top[Tanh<T>::degree_top];
    Vec<T, V> q = Vec<T, V>{} + Tanh<T>::bottom[Tanh<T>::degree_bottom];
    UNROLL for (int k = Tanh<T>::degree_top - 1; k >= 0; k--) p = p * s + Tanh<T>::top[k];
    UNROLL for (int k = Tanh<T>::degree_bottom - 1; k >= 0; k--) q = q * s + Tanh<T>::bottom[k];
    p *= u;
    bottom = p * p + q * q;                    // tanh(2 u) = 2 p q / (p^2 + q^2)
    top = logistic ? T(0.5) * (p + q) * (p + q) : T(2) * p * q;
  }
};
template <class T, int V> INLINE Ratio<T, V> tanh_ratio(Vec<T, V> x) { return {T(0.5) * x, false}; }
template <class T, int V> INLINE Ratio<T, V> sigmoid_ratio(Vec<T, V> x) {
  return {T(0.25) * x, true};
}

template <class T, int V> INLINE Vec<T, V> tanh_of(Vec<T, V> x) {
  const Ratio<T, V> t = tanh_ratio<T, V>(x);
  return t.top / t.bottom;
}

// --- geometry ------------------------------------------------------------------------------------

// A convolution over maps of `channels`, of those taps alone that some cell of the grid sees.
struct Conv {
  num channels, rows, columns, down, across;
  num top, left;                 // from a cell up and left to its first tap
  num skip_rows, skip_columns;   // taps of the full kernel before the first
  num all_rows, all_columns;
  INLINE num sums() const { return rows * columns * channels; }
};

struct Span { num first, count, before; };

// Taps at least one of whose offsets, k * step - (size - 1) * step / 2, is less than the grid.
Span seen_taps(num size, num step, num cells) {
  const num before = (size - 1) * step / 2;
  num first = 0, end = size;
  while (first < size && before - first * step >= cells) first++;
  while (end > first && (end - 1) * step - before >= cells) end--;
  return {first, end - first, before - first * step};
}

Conv make_conv(num channels, const Taps& taps, num H, num W) {
  const Span rows = seen_taps(taps.rows, taps.down, H);
  const Span columns = seen_taps(taps.columns, taps.across, W);
  return {channels, rows.count, columns.count, taps.down, taps.across, rows.before, columns.before,
          rows.first, columns.first, taps.rows, taps.columns};
}

// The convolution that carries slopes back: the same taps seen from the other side.
Conv reverse(const Conv& conv, num channels) {
  Conv back = conv;
  back.channels = channels;
  back.top = (conv.rows - 1) * conv.down - conv.top;
  back.left = (conv.columns - 1) * conv.across - conv.left;
  return back;
}

// Maps with a border of zeros, so that no tap asks where the grid ends.
struct Padded {
  num channels, top, left, height, width;
  INLINE num size() const { return height * width * channels; }
  INLINE num inside() const { return (top * width + left) * channels; }
};

Padded make_padded(num channels, num H, num W, const Conv* convs, int count) {
  num top = 0, left = 0, bottom = 0, right = 0;
  for (int k = 0; k < count; k++) {
    const Conv& c = convs[k];
    top = larger(top, c.top);
    left = larger(left, c.left);
    bottom = larger(bottom, (c.rows - 1) * c.down - c.top);
    right = larger(right, (c.columns - 1) * c.across - c.left);
  }
  return {channels, top, left, H + top + bottom, W + left + right};
}

// One cell of one sample of a chunk; cells go first and samples second, so that a tile stays at
// one place of the grid where it can.
struct Cell {
  num sample, y, x, number;
  num at[3];  // where a tap on the border's corner would fall in frames, states and slopes
};

// --- schedules -----------------------------------------------------------------------------------

// Numbers that lie next to each other in a padded map and in the weights.
struct Run {
  num source;               // which map: 0 frames, 1 states, 2 slopes
  num row, column;          // from a cell to the row of its taps, and to the tap at number 0
  num channels, base;       // number k lies at cell.at + base + k
  num from, to, weight;     // numbers from..to of the row; number k has weight row weight + k
};

struct Schedule {
  Run* runs;
  num* passes;              // first run of each pass; one more at the end
  num run_count, pass_count, sums;
};

// Rows of taps are one run each where the taps touch; cut so that the weights of a pass stay in
// cache. Called without `runs` it only counts.
void add_runs(Schedule& s, num source, const Conv& conv, const Padded& map, num limit, num& used) {
  const bool touching = conv.across == 1 || conv.columns == 1;
  const num taps = touching ? conv.columns : 1;
  for (num ky = 0; ky < conv.rows; ky++)
    for (num kx = 0; kx < conv.columns; kx += taps) {
      const num row = ky * conv.down - conv.top;
      const num column = kx * conv.across - conv.left - kx;
      const num end = (kx + taps) * conv.channels;
      for (num from = kx * conv.channels; from < end;) {
        if (used >= limit || !s.pass_count) {
          if (s.passes) s.passes[s.pass_count] = s.run_count;
          s.pass_count++;
          used = 0;
        }
        const num to = smaller(end, from + limit - used);
        if (s.runs)
          s.runs[s.run_count] = {source, row, column, conv.channels,
                                 ((row + map.top) * map.width + column + map.left) * conv.channels,
                                 from, to, s.sums + ky * conv.columns * conv.channels};
        s.run_count++;
        used += to - from;
        from = to;
      }
    }
  s.sums += conv.sums();
}

struct Source { num number; const Conv* conv; const Padded* map; };

void fill_schedule(Schedule& s, const Source* sources, int count, num limit) {
  num used = 0;
  s.run_count = s.pass_count = s.sums = 0;
  for (int k = 0; k < count; k++)
    add_runs(s, sources[k].number, *sources[k].conv, *sources[k].map, limit, used);
  if (s.passes) s.passes[s.pass_count] = s.run_count;
}

bool make_schedule(Schedule& s, const Source* sources, int count, num limit) {
  s.runs = nullptr;
  s.passes = nullptr;
  fill_schedule(s, sources, count, limit);
  s.runs = (Run*)malloc((s.run_count + 1) * sizeof(Run));
  s.passes = (num*)malloc((s.pass_count + 1) * sizeof(num));
  if (!s.runs || !s.passes) return false;
  fill_schedule(s, sources, count, limit);
  return true;
}

void free_schedule(Schedule& s) {
  free(s.runs);
  free(s.passes);
}

// --- products ------------------------------------------------------------------------------------

// What a tile of cells sees of a row of taps: empty if the row lies outside the grid.
struct Window {
  num H, W, y0, y1, x0, x1;  // the cells' first and last row and column
  INLINE Window(num H, num W, const Cell& first, const Cell& last)
      : H(H), W(W), y0(first.y), y1(last.y), x0(y0 == y1 ? first.x : 0),
        x1(y0 == y1 ? last.x : W - 1) {}
  INLINE bool clip(const Run& run, num& from, num& to) const {
    if (y1 + run.row < 0 || y0 + run.row >= H) return false;
    from = larger(run.from, (-run.column - x1) * run.channels);
    to = smaller(run.to, (W - run.column - x0) * run.channels);
    return from < to;
  }
};

// sum[pixel][vector] += maps of the pixels' taps times weights, over the runs of one pass.
template <class T, int V, int P, int M>
APART void tile(const Run* run, const Run* end, const Cell* cells, const T* const* maps,
                const T* weights, T* sum, num row, num H, num W) {
  Vec<T, V> acc[P][M];
  UNROLL for (int p = 0; p < P; p++)
    UNROLL for (int m = 0; m < M; m++) acc[p][m] = load<T, V>(sum + p * row + m * V);
  const Window window(H, W, cells[0], cells[P - 1]);
  do {  // a pass has a run, and the sums stay in their registers where the compiler sees this
    num from, to;
    if (!window.clip(*run, from, to)) continue;
    const T* a[P];
    const T* map = maps[run->source] + run->base;
    UNROLL for (int p = 0; p < P; p++) a[p] = map + cells[p].at[run->source];
    const T* w = weights + (run->weight + from) * (M * V);
    for (num k = from; k < to; k++, w += M * V) {
      Vec<T, V> b[M];
      UNROLL for (int m = 0; m < M; m++) b[m] = load<T, V>(w + m * V);
      UNROLL for (int p = 0; p < P; p++) {
        const Vec<T, V> x = a[p][k] - Vec<T, V>{};
        UNROLL for (int m = 0; m < M; m++) acc[p][m] += x * b[m];
      }
    }
  } while (++run < end);
  UNROLL for (int p = 0; p < P; p++)
    UNROLL for (int m = 0; m < M; m++) store<T, V>(sum + p * row + m * V, acc[p][m]);
}

// Tiles of P pixels, then of half as many, down to one.
template <class T, int V, int P, int M>
INLINE num tiles(const Run* run, const Run* end, const Cell* cells, num first, num count,
                 const T* const* maps, const T* weights, T* sum, num row, num H, num W) {
  for (; first + P <= count; first += P)
    tile<T, V, P, M>(run, end, cells + first, maps, weights, sum + first * row, row, H, W);
  if constexpr (P > 1)
    return tiles<T, V, P / 2, M>(run, end, cells, first, count, maps, weights, sum, row, H, W);
  return first;
}

template <class T, int V, int M>
void convolve_vectors(const Schedule& s, const Cell* cells, num count, const T* const* maps,
                      const T* weights, T* sum, num row, num H, num W) {
  for (num from = 0; from < count; from += PANEL) {
    const num n = smaller(PANEL, count - from);
    for (num k = 0; k < s.pass_count; k++)
      tiles<T, V, tile_pixels(M), M>(s.runs + s.passes[k], s.runs + s.passes[k + 1],
                                     cells + from, 0, n, maps, weights, sum + from * row, row,
                                     H, W);
  }
}

// sum[cell][vector], rows of `row` numbers, += the convolutions of a schedule.
template <class T, int V>
void convolve(const Schedule& s, const Cell* cells, num count, const T* const* maps,
              const T* weights, num all_sums, T* sum, num row, num vectors, num H, num W) {
  for (num v = 0; v < vectors; v += TILE_VECTORS, weights += TILE_VECTORS * V * all_sums) {
    T* to = sum + v * V;
    switch (smaller(TILE_VECTORS, vectors - v)) {
      case 1: convolve_vectors<T, V, 1>(s, cells, count, maps, weights, to, row, H, W); break;
      case 2: convolve_vectors<T, V, 2>(s, cells, count, maps, weights, to, row, H, W); break;
#if defined(__AVX512F__) || defined(__aarch64__)
      case 3: convolve_vectors<T, V, 3>(s, cells, count, maps, weights, to, row, H, W); break;
      case 4: convolve_vectors<T, V, 4>(s, cells, count, maps, weights, to, row, H, W); break;
#endif
    }
  }
}

// gradient[k][vector] += map value k of every pixel's taps times the pixel's slopes.
template <class T, int V, int P, int M>
APART void gradient_tile(const T* map, const num* at, const T* slopes, num count, T* gradient) {
  Vec<T, V> acc[P][M];
  UNROLL for (int p = 0; p < P; p++)
    UNROLL for (int m = 0; m < M; m++) acc[p][m] = load<T, V>(gradient + (p * M + m) * V);
  num i = 0;
  do {
    const T* a = map + at[i];
    Vec<T, V> b[M];
    UNROLL for (int m = 0; m < M; m++) b[m] = load<T, V>(slopes + m * V);
    UNROLL for (int p = 0; p < P; p++) {
      const Vec<T, V> x = a[p] - Vec<T, V>{};
      UNROLL for (int m = 0; m < M; m++) acc[p][m] += x * b[m];
    }
    slopes += 4 * V;
  } while (++i < count);
  UNROLL for (int p = 0; p < P; p++)
    UNROLL for (int m = 0; m < M; m++) store<T, V>(gradient + (p * M + m) * V, acc[p][m]);
}

template <class T, int V, int P, int M>
INLINE void gradient_tiles(const T* map, const num* at, const T* slopes, num count, T* gradient,
                           num sums) {
  num k = 0;
  for (; k + P <= sums; k += P)
    gradient_tile<T, V, P, M>(map + k, at, slopes, count, gradient + k * M * V);
  if constexpr (P > 1)
    gradient_tiles<T, V, P / 2, M>(map + k, at, slopes, count, gradient + k * M * V, sums - k);
}

// Weight gradients of one block of channels from a panel of cells. Rows of taps that lie outside
// the grid for the panel's first or last cells leave these out.
template <class T, int V>
void add_gradients(const Schedule& s, const Cell* cells, num count, const T* const* maps,
                   const T* slopes, T* gradient, num all_sums, num H) {
  num at[3][PANEL];
  for (num i = 0; i < count; i++)
    for (int k = 0; k < 2; k++) at[k][i] = cells[i].at[k];
  for (int half = 0; half < 4 / TILE_VECTORS; half++, gradient += all_sums * TILE_VECTORS * V)
    for (const Run* run = s.runs; run < s.runs + s.run_count; run++) {
      num from = 0, to = count;
      while (from < to && cells[from].y + run->row < 0) from++;
      while (to > from && cells[to - 1].y + run->row >= H) to--;
      if (from == to) continue;
      gradient_tiles<T, V, 6, TILE_VECTORS>(
          maps[run->source] + run->base + run->from, at[run->source] + from,
          slopes + from * 4 * V + half * TILE_VECTORS * V, to - from,
          gradient + (run->weight + run->from) * TILE_VECTORS * V, run->to - run->from);
    }
}

// --- weights -------------------------------------------------------------------------------------

// Where vector v of weight row 0 lies, in vectors, and how far it is to the next row: vectors of a
// tile lie next to each other, row below row.
struct Column { num start, step; };
INLINE Column weight_column(num v, num vectors, num all_sums) {
  const num first = v / TILE_VECTORS * TILE_VECTORS;
  return {first * all_sums + (v - first), smaller(TILE_VECTORS, vectors - first)};
}

// Calls use(place of the number in packed weights, its place in [4 F, channels, rows, columns]).
// Lanes come innermost: a vector is written whole, and each lane reads on where it was. Otherwise a
// short window packs for as long as it computes.
template <int V, class Use>
INLINE void each_weight(const Conv& conv, num F, num first_sum, num all_sums, Use use) {
  const num blocks = divide_up(F, V), taps = conv.all_rows * conv.all_columns;
  for (num vector = 0; vector < 4 * blocks; vector++) {
    const num f = vector / 4 * V, lanes = smaller(V, F - f);
    const Column column = weight_column(vector, 4 * blocks, all_sums);
    for (num c = 0; c < conv.channels; c++)
      for (num y = 0; y < conv.rows; y++)
        for (num x = 0; x < conv.columns; x++) {
          const num row = first_sum + (y * conv.columns + x) * conv.channels + c;
          const num place = (column.start + row * column.step) * V;
          const num tap = (y + conv.skip_rows) * conv.all_columns + x + conv.skip_columns;
          const num from = ((vector % 4 * F + f) * conv.channels + c) * taps + tap;
          for (num lane = 0; lane < lanes; lane++)
            use(place + lane, from + lane * conv.channels * taps);
        }
  }
}

// The same for the way back: rows are the gates' channels under reversed taps, vectors the inputs.
template <int V, class Use> INLINE void each_weight_back(const Conv& conv, num F, Use use) {
  const num vectors = divide_up(conv.channels, V), taps = conv.all_rows * conv.all_columns;
  const num seen = conv.rows * conv.columns;
  for (num vector = 0; vector < vectors; vector++) {
    const num c = vector * V, lanes = smaller(V, conv.channels - c);
    const Column column = weight_column(vector, vectors, seen * 4 * F);
    for (num f = 0; f < 4 * F; f++)
      for (num y = 0; y < conv.rows; y++)
        for (num x = 0; x < conv.columns; x++) {
          const num row = (seen - 1 - y * conv.columns - x) * 4 * F + f;
          const num place = (column.start + row * column.step) * V;
          const num tap = (y + conv.skip_rows) * conv.all_columns + x + conv.skip_columns;
          const num from = (f * conv.channels + c) * taps + tap;
          for (num lane = 0; lane < lanes; lane++) use(place + lane, from + lane * taps);
        }
  }
}

// Values of each gate and channel of `sets` places, [gates * F, sets] to [sets][block][gate][V].
template <class T, int V>
void pack_channels(T* to, const T* from, num gates, num F, num sets) {
  for (num gate = 0; gate < gates; gate++)
    for (num f = 0; f < F; f++)
      for (num set = 0; set < sets; set++)
        to[((set * divide_up(F, V) + f / V) * gates + gate) * V + f % V] =
            from[(gate * F + f) * sets + set];
}

template <class T, int V>
void unpack_channels(T* to, const T* from, num gates, num F, num sets) {
  for (num gate = 0; gate < gates; gate++)
    for (num f = 0; f < F; f++)
      for (num set = 0; set < sets; set++)
        to[(gate * F + f) * sets + set] =
            from[((set * divide_up(F, V) + f / V) * gates + gate) * V + f % V];
}

// --- memory --------------------------------------------------------------------------------------

// One allocation, dealt out in pieces that start on a cache line. Without memory it only measures.
struct Arena {
  char* memory;
  num used;
  template <class T> T* take(num count) {
    T* piece = memory ? (T*)(memory + used) : nullptr;
    used += divide_up(count * (num)sizeof(T), 64) * 64;
    return piece;
  }
};

// What a thread needs for the chunk it is at.
template <class T> struct Bench {
  Cell* cells;
  T **records, **records_before;
  T *frames, *states[2], *slopes;  // padded maps
  T *memory, *sums;                // c or its slope, and the gates' inputs or slopes of a panel
  T *state_slope, *frame_slope, *start;  // of h, of x, and c before the first step
};

template <class T> struct Gradients {
  T *weights, *bias, *peepholes;
};

// --- the recurrence ------------------------------------------------------------------------------

template <class T> struct Tensors {  // in the order in which Python passes them
  const T *x, *input_weight, *state_weight, *bias, *peepholes, *h, *c;
  T *output, *last_h, *last_c;
  T* const* records;
  const T *d_output, *d_last_h, *d_last_c;
  T *d_x, *d_input_weight, *d_state_weight, *d_bias, *d_peepholes, *d_h, *d_c;
};

template <class T, int V> struct Recurrence {
  typedef Vec<T, V> vec;

  const Problem& p;
  const Tensors<T>& t;
  const num cells, blocks, width;  // of a map; of V channels; channels filled up to whole blocks
  const Conv input, state, input_back, state_back;
  const Padded frame, hidden, slope;
  Schedule both, alone, whole, back_to_state, back_to_input;
  num samples, chunks, groups, sums;
  T *weights, *bias, *peepholes, *weights_to_state, *weights_to_input;
  Bench<T>* benches;
  Gradients<T>* gradients;
  void* allocation;
  num next_group, next_bench;
  bool backward;

  Recurrence(const Problem& p, const Tensors<T>& t)
      : p(p), t(t), cells(p.H * p.W), blocks(divide_up(p.F, V)), width(blocks * V),
        input(make_conv(p.C, p.input, p.H, p.W)), state(make_conv(p.F, p.state, p.H, p.W)),
        input_back(reverse(input, 4 * p.F)), state_back(reverse(state, 4 * p.F)),
        frame(make_padded(p.C, p.H, p.W, &input, 1)),
        hidden(make_padded(p.F, p.H, p.W, &state, 1)),
        slope(make_slope(p, input_back, state_back)) {
    samples = smaller(p.B, divide_up(CHUNK_CELLS, cells));
    chunks = divide_up(p.B, samples);
    sums = input.sums() + state.sums();
    const num bytes = larger(1, 4 * width * sums * sizeof(T));
    groups = larger(1, smaller(smaller(chunks, GROUPS), GROUP_BYTES / bytes));
    next_group = next_bench = 0;
  }

  static Padded make_slope(const Problem& p, const Conv& to_input, const Conv& to_state) {
    const Conv convs[2] = {to_input, to_state};
    return make_padded(4 * p.F, p.H, p.W, convs, 2);
  }

  num threads() const {
    const num work = p.B * p.T * cells * 4 * p.F * sums;
    return larger(1, smaller(smaller(p.threads, groups), work / THREAD_WORK));
  }

  bool plan() {
    const Source forth[2] = {{0, &input, &frame}, {1, &state, &hidden}};
    const Source to_state = {2, &state_back, &slope}, to_input = {2, &input_back, &slope};
    const num rows = PASS_BYTES / (TILE_VECTORS * V * sizeof(T)), all = INT64_MAX / 2;
    both = alone = whole = back_to_state = back_to_input = Schedule{};
    if (!make_schedule(both, forth, 2, rows) || !make_schedule(alone, forth, 1, rows)) return false;
    if (backward && !(make_schedule(whole, forth, 2, all) &&
                      make_schedule(back_to_state, &to_state, 1, rows) &&
                      make_schedule(back_to_input, &to_input, 1, rows)))
      return false;
    return true;
  }

  bool allocate() {
    Arena arena{nullptr, 0};
    deal(arena);
    if (posix_memalign(&allocation, 64, arena.used)) return false;
    arena = {(char*)allocation, 0};
    deal(arena);
    return true;
  }

  void deal(Arena& a) {
    const num in_chunk = samples * cells;
    benches = a.template take<Bench<T>>(threads());
    gradients = a.template take<Gradients<T>>(groups);
    peepholes = p.peepholes ? a.template take<T>(3 * width * p.peepholes) : nullptr;
    if (backward) {
      weights_to_state = a.template take<T>(width * state_back.sums());
      weights_to_input = t.d_x ? a.template take<T>(input_width() * input_back.sums()) : nullptr;
    } else {
      weights = a.template take<T>(4 * width * sums);
      bias = a.template take<T>(4 * width);
    }
    for (num k = 0; k < threads(); k++) {
      Bench<T> b{};
      b.cells = a.template take<Cell>(in_chunk);
      b.records = a.template take<T*>(samples);
      b.records_before = a.template take<T*>(samples);
      b.frames = a.template take<T>(samples * frame.size());
      b.states[0] = a.template take<T>(samples * hidden.size());
      b.memory = a.template take<T>(in_chunk * width);
      b.sums = a.template take<T>(PANEL * 4 * V);
      if (backward) {
        b.slopes = a.template take<T>(samples * slope.size());
        b.state_slope = a.template take<T>(in_chunk * width);
        b.start = a.template take<T>(in_chunk * width);
        if (t.d_x) b.frame_slope = a.template take<T>(in_chunk * input_width());
      } else {
        b.states[1] = a.template take<T>(samples * hidden.size());
      }
      if (a.memory) benches[k] = b;
    }
    for (num k = 0; backward && k < groups; k++) {
      Gradients<T> g;
      g.weights = a.template take<T>(4 * width * sums);
      g.bias = a.template take<T>(4 * width);
      g.peepholes = p.peepholes ? a.template take<T>(3 * width * p.peepholes) : nullptr;
      if (a.memory) gradients[k] = g;
    }
  }

  num input_width() const { return divide_up(p.C, V) * V; }

  void pack() {
    if (p.peepholes) {
      memset(peepholes, 0, 3 * width * p.peepholes * sizeof(T));
      pack_channels<T, V>(peepholes, t.peepholes, 3, p.F, p.peepholes);
    }
    if (backward)
      pack_back();
    else
      pack_forth();
  }

  void pack_forth() {
    const T* from = t.input_weight;
    auto copy = [&](num place, num origin) { weights[place] = from[origin]; };
    if (p.F % V) memset(weights, 0, 4 * width * sums * sizeof(T));
    each_weight<V>(input, p.F, 0, sums, copy);
    from = t.state_weight;
    each_weight<V>(state, p.F, input.sums(), sums, copy);
    memset(bias, 0, 4 * width * sizeof(T));
    pack_channels<T, V>(bias, t.bias, 4, p.F, 1);
  }

  void pack_back() {
    T* to = weights_to_state;
    const T* from = t.state_weight;
    auto copy = [&](num place, num origin) { to[place] = from[origin]; };
    if (p.F % V) memset(to, 0, width * state_back.sums() * sizeof(T));
    each_weight_back<V>(state, p.F, copy);
    if (!t.d_x) return;
    to = weights_to_input;
    from = t.input_weight;
    if (p.C % V) memset(to, 0, input_width() * input_back.sums() * sizeof(T));
    each_weight_back<V>(input, p.F, copy);
  }

  // --- chunks ------------------------------------------------------------------------------------

  num locate(Cell* cell, num count) const {
    num n = 0;
    for (num y = 0; y < p.H; y++)
      for (num x = 0; x < p.W; x++)
        for (num b = 0; b < count; b++) {
          const Padded* maps[3] = {&frame, &hidden, &slope};
          cell[n] = {b, y, x, y * p.W + x, {}};
          for (int k = 0; k < 3; k++)
            cell[n].at[k] = b * maps[k]->size() + (y * maps[k]->width + x) * maps[k]->channels;
          n++;
        }
    return n;
  }

  // Where the gates of each sample's frame are kept, for the way back.
  void find_records(T** frames, num first, num count, num step) const {
    for (num b = 0; b < count; b++) {
      const num frame = (first + b) * p.T + step;
      frames[b] = t.records[frame / p.frames_a_block] +
                  frame % p.frames_a_block * cells * blocks * 5 * V;
    }
  }

  INLINE T* record(T* const* frames, const Cell& cell, num block) const {
    return frames[cell.sample] + (cell.number * blocks + block) * 5 * V;
  }

  const T* peephole(const Cell& cell, num block) const {
    return peepholes + ((p.peepholes > 1 ? cell.number : 0) * blocks + block) * 3 * V;
  }

  // [C, H, W] of any strides into the inside of a padded map
  void fill(T* map, const Padded& size, const T* from, num channel, num row, num column) const {
    T* to = map + size.inside();
    for (num y = 0; y < p.H; y++, to += size.width * size.channels)
      for (num x = 0; x < p.W; x++) {
        const T* pixel = from + y * row + x * column;
        T* cell = to + x * size.channels;
        if (channel == 1)
          memcpy(cell, pixel, size.channels * sizeof(T));
        else
          for (num c = 0; c < size.channels; c++) cell[c] = pixel[c * channel];
      }
  }

  void fill_frames(Bench<T>& bench, num first, num count, num step) const {
    const num* s = p.x_strides;
    for (num b = 0; b < count; b++)
      fill(bench.frames + b * frame.size(), frame, t.x + (first + b) * s[0] + step * s[1], s[2],
           s[3], s[4]);
  }

  // h before a step: the output of the step before, or the first state
  void fill_states(T* map, num first, num count, num step) const {
    const num* s = p.h_strides;
    for (num b = 0; b < count; b++, map += hidden.size())
      if (step)
        fill(map, hidden, t.output + ((first + b) * p.T + step - 1) * cells * p.F, 1, p.W * p.F,
             p.F);
      else if (!p.from_zero)
        fill(map, hidden, t.h + (first + b) * s[0], s[1], s[2], s[3]);
  }

  void fill_memory(T* memory, const Cell* cell, num n, num first) const {
    memset(memory, 0, n * width * sizeof(T));
    const num* s = p.c_strides;
    for (num i = 0; i < n && !p.from_zero; i++)
      for (num f = 0; f < p.F; f++)
        memory[i * width + f] =
            t.c[(first + cell[i].sample) * s[0] + f * s[1] + cell[i].y * s[2] + cell[i].x * s[3]];
  }

  // --- forward -----------------------------------------------------------------------------------

  void forward_chunk(Bench<T>& bench, num first, num count) const {
    const num n = locate(bench.cells, count);
    fill_states(bench.states[0], first, count, 0);
    fill_memory(bench.memory, bench.cells, n, first);
    for (num step = 0; step < p.T; step++) {
      fill_frames(bench, first, count, step);
      if (p.save) find_records(bench.records, first, count, step);
      const Schedule& schedule = step || !p.from_zero ? both : alone;
      const T* maps[2] = {bench.frames, bench.states[step % 2]};
      for (num block = 0; block < blocks; block++)
        for (num from = 0; from < n; from += PANEL) {
          const num panel = smaller(PANEL, n - from);
          for (num i = 0; i < panel; i++)
            memcpy(bench.sums + i * 4 * V, bias + block * 4 * V, 4 * V * sizeof(T));
          convolve<T, V>(schedule, bench.cells + from, panel, maps, weights + block * 4 * V * sums,
                         sums, bench.sums, 4 * V, 4, p.H, p.W);
          apply_gates(bench, first, step, block, from, panel);
        }
    }
  }

  // Two short loops rather than one long one: the divisions of several cells then overlap.
  APART void apply_gates(Bench<T>& bench, num first, num step, num block, num from,
                         num count) const {
    for (num n = 0; n < count; n++)
      remember(bench, bench.cells[from + n], block, from + n, bench.sums + n * 4 * V);
    for (num n = 0; n < count; n++)
      give_out(bench, bench.cells[from + n], first, step, block, from + n,
               bench.sums + n * 4 * V);
  }

  // c = f c + i g; one division serves the three gates
  INLINE void remember(Bench<T>& bench, const Cell& cell, num block, num n, const T* z) const {
    T* memory = bench.memory + n * width + block * V;
    vec c = load<T, V>(memory), z_i = load<T, V>(z), z_f = load<T, V>(z + V);
    if (p.peepholes) {
      const T* peep = peephole(cell, block);
      z_i += load<T, V>(peep) * c;
      z_f += load<T, V>(peep + V) * c;
    }
    const Ratio<T, V> i_ = sigmoid_ratio<T, V>(z_i), f_ = sigmoid_ratio<T, V>(z_f);
    const Ratio<T, V> g_ = tanh_ratio<T, V>(load<T, V>(z + 2 * V));
    const vec ig = i_.bottom * g_.bottom, inverse = T(1) / (f_.bottom * ig);
    const vec f = f_.top * (ig * inverse);
    if (p.save) {
      const vec rest = f_.bottom * inverse;
      const vec i = i_.top * (g_.bottom * rest), g = g_.top * (i_.bottom * rest);
      T* r = record(bench.records, cell, block);
      store<T, V>(r, i);
      store<T, V>(r + V, f);
      store<T, V>(r + 2 * V, g);
    }
    c = f * c + (i_.top * g_.top) * (f_.bottom * inverse);
    store<T, V>(memory, c);
  }

  // h = o tanh(c)
  INLINE void give_out(Bench<T>& bench, const Cell& cell, num first, num step, num block, num n,
                       const T* z) const {
    const num channels = p.F - block * V;
    const vec c = load<T, V>(bench.memory + n * width + block * V);
    vec z_o = load<T, V>(z + 3 * V);
    if (p.peepholes) z_o += load<T, V>(peephole(cell, block) + 2 * V) * c;
    const Ratio<T, V> o_ = sigmoid_ratio<T, V>(z_o), y_ = tanh_ratio<T, V>(c);
    const vec inverse = T(1) / (o_.bottom * y_.bottom), h = (o_.top * y_.top) * inverse;
    const num sample = first + cell.sample;
    const num place = ((sample * p.T + step) * cells + cell.number) * p.F + block * V;
    store_part<T, V>(t.output + place, h, channels);
    if (p.save) {
      T* r = record(bench.records, cell, block);
      store<T, V>(r + 3 * V, o_.top * (y_.bottom * inverse));
      store<T, V>(r + 4 * V, c);
    }
    if (step + 1 < p.T) {
      T* next = bench.states[(step + 1) % 2] + cell.at[1] + hidden.inside();
      store_part<T, V>(next + block * V, h, channels);
    } else {
      const num last = (sample * cells + cell.number) * p.F + block * V;
      store_part<T, V>(t.last_h + last, h, channels);
      store_part<T, V>(t.last_c + last, c, channels);
    }
  }

  // --- backward ----------------------------------------------------------------------------------

  void backward_chunk(Bench<T>& bench, const Gradients<T>& gradient, num first, num count) const {
    const num n = locate(bench.cells, count);
    fill_memory(bench.start, bench.cells, n, first);
    fill_slopes(bench, n, first);
    const T* maps[3] = {bench.frames, bench.states[0], bench.slopes};
    for (num step = p.T - 1; step >= 0; step--) {
      fill_frames(bench, first, count, step);
      fill_states(bench.states[0], first, count, step);
      find_records(bench.records, first, count, step);
      find_records(bench.records_before, first, count, larger(0, step - 1));
      const Schedule& schedule = step || !p.from_zero ? whole : alone;
      for (num block = 0; block < blocks; block++)
        for (num from = 0; from < n; from += PANEL) {
          const num panel = smaller(PANEL, n - from);
          slope_gates(bench, gradient, first, step, block, from, panel);
          if (t.d_bias)
            add_gradients<T, V>(schedule, bench.cells + from, panel, maps, bench.sums,
                                gradient.weights + block * 4 * V * sums, sums, p.H);
        }
      if (step || t.d_h) {
        memset(bench.state_slope, 0, n * width * sizeof(T));
        convolve<T, V>(back_to_state, bench.cells, n, maps, weights_to_state, state_back.sums(),
                       bench.state_slope, width, blocks, p.H, p.W);
      }
      if (t.d_x) slope_frames(bench, maps, n, first, step);
    }
    if (t.d_h) give_slopes(t.d_h, bench.state_slope, bench, n, first);
    if (t.d_c) give_slopes(t.d_c, bench.memory, bench, n, first);
  }

  void fill_slopes(Bench<T>& bench, num n, num first) const {
    memset(bench.state_slope, 0, n * width * sizeof(T));
    memset(bench.memory, 0, n * width * sizeof(T));
    for (num i = 0; i < n; i++) {
      const num from = ((first + bench.cells[i].sample) * cells + bench.cells[i].number) * p.F;
      if (t.d_last_h) memcpy(bench.state_slope + i * width, t.d_last_h + from, p.F * sizeof(T));
      if (t.d_last_c) memcpy(bench.memory + i * width, t.d_last_c + from, p.F * sizeof(T));
    }
  }

  void give_slopes(T* to, const T* from, const Bench<T>& bench, num n, num first) const {
    for (num i = 0; i < n; i++)
      memcpy(to + ((first + bench.cells[i].sample) * cells + bench.cells[i].number) * p.F,
             from + i * width, p.F * sizeof(T));
  }

  void slope_frames(Bench<T>& bench, const T* const* maps, num n, num first, num step) const {
    memset(bench.frame_slope, 0, n * input_width() * sizeof(T));
    convolve<T, V>(back_to_input, bench.cells, n, maps, weights_to_input, input_back.sums(),
                   bench.frame_slope, input_width(), divide_up(p.C, V), p.H, p.W);
    for (num i = 0; i < n; i++) {
      const num frame = (first + bench.cells[i].sample) * p.T + step;
      memcpy(t.d_x + (frame * cells + bench.cells[i].number) * p.C,
             bench.frame_slope + i * input_width(), p.C * sizeof(T));
    }
  }

  APART void slope_gates(Bench<T>& bench, const Gradients<T>& gradient, num first, num step,
                         num block, num from, num count) const {
    const num channels = p.F - block * V;
    T* d_bias = gradient.bias + block * 4 * V;
    for (num n = 0; n < count; n++) {
      const Cell& cell = bench.cells[from + n];
      const num sample = first + cell.sample, number = cell.number;
      const T* r = record(bench.records, cell, block);
      const vec i = load<T, V>(r), f = load<T, V>(r + V), g = load<T, V>(r + 2 * V);
      const vec o = load<T, V>(r + 3 * V), y = tanh_of<T, V>(load<T, V>(r + 4 * V));
      const vec before = step ? load<T, V>(record(bench.records_before, cell, block) + 4 * V)
                              : load<T, V>(bench.start + (from + n) * width + block * V);
      T* memory = bench.memory + (from + n) * width + block * V;
      vec d_h = load<T, V>(bench.state_slope + (from + n) * width + block * V);
      if (t.d_output)
        d_h += load_part<T, V>(
            t.d_output + ((sample * p.T + step) * cells + number) * p.F + block * V, channels);
      vec d_c = load<T, V>(memory) + d_h * o * (1 - y * y);
      const vec d_o = d_h * y * o * (1 - o);
      const T* peep = p.peepholes ? peephole(cell, block) : nullptr;
      if (peep) d_c += load<T, V>(peep + 2 * V) * d_o;
      const vec d_i = d_c * g * i * (1 - i), d_f = d_c * before * f * (1 - f);
      const vec d_g = d_c * i * (1 - g * g);
      vec d_before = d_c * f;
      if (peep) {
        d_before += load<T, V>(peep) * d_i + load<T, V>(peep + V) * d_f;
        T* d_peep = gradient.peepholes + (peep - peepholes);
        store<T, V>(d_peep, load<T, V>(d_peep) + d_i * before);
        store<T, V>(d_peep + V, load<T, V>(d_peep + V) + d_f * before);
        store<T, V>(d_peep + 2 * V, load<T, V>(d_peep + 2 * V) + d_o * load<T, V>(r + 4 * V));
      }
      store<T, V>(memory, d_before);
      const vec d_z[4] = {d_i, d_f, d_g, d_o};
      T* map = bench.slopes + cell.at[2] + slope.inside() + block * V;
      UNROLL for (int gate = 0; gate < 4; gate++) {
        store<T, V>(bench.sums + (n * 4 + gate) * V, d_z[gate]);
        store_part<T, V>(map + gate * p.F, d_z[gate], channels);
        store<T, V>(d_bias + gate * V, load<T, V>(d_bias + gate * V) + d_z[gate]);
      }
    }
  }

  void unpack() {
    Gradients<T>& total = gradients[0];
    const num count = 4 * width * sums, peeps = 3 * width * p.peepholes;
    for (num g = 1; g < groups; g++) {
      for (num k = 0; k < count; k++) total.weights[k] += gradients[g].weights[k];
      for (num k = 0; k < 4 * width; k++) total.bias[k] += gradients[g].bias[k];
      for (num k = 0; k < peeps; k++) total.peepholes[k] += gradients[g].peepholes[k];
    }
    T* to = t.d_input_weight;
    auto copy = [&](num place, num origin) { to[origin] = total.weights[place]; };
    memset(to, 0, 4 * p.F * p.C * input.all_rows * input.all_columns * sizeof(T));
    each_weight<V>(input, p.F, 0, sums, copy);
    to = t.d_state_weight;
    memset(to, 0, 4 * p.F * p.F * state.all_rows * state.all_columns * sizeof(T));
    each_weight<V>(state, p.F, input.sums(), sums, copy);
    unpack_channels<T, V>(t.d_bias, total.bias, 4, p.F, 1);
    if (p.peepholes) unpack_channels<T, V>(t.d_peepholes, total.peepholes, 3, p.F, p.peepholes);
  }

  // --- threads -----------------------------------------------------------------------------------

  void work(num number) {
    Bench<T>& bench = benches[number];
    memset(bench.frames, 0, samples * frame.size() * sizeof(T));
    memset(bench.states[0], 0, samples * hidden.size() * sizeof(T));
    if (backward)
      memset(bench.slopes, 0, samples * slope.size() * sizeof(T));
    else
      memset(bench.states[1], 0, samples * hidden.size() * sizeof(T));
    for (num g; (g = __atomic_fetch_add(&next_group, 1, __ATOMIC_RELAXED)) < groups;) {
      if (backward) {
        memset(gradients[g].weights, 0, 4 * width * sums * sizeof(T));
        memset(gradients[g].bias, 0, 4 * width * sizeof(T));
        if (p.peepholes) memset(gradients[g].peepholes, 0, 3 * width * p.peepholes * sizeof(T));
      }
      for (num chunk = g * chunks / groups; chunk < (g + 1) * chunks / groups; chunk++) {
        const num first = chunk * samples, count = smaller(samples, p.B - first);
        if (backward)
          backward_chunk(bench, gradients[g], first, count);
        else
          forward_chunk(bench, first, count);
      }
    }
  }

  static void* start(void* self) {
    Recurrence& r = *(Recurrence*)self;
    r.work(__atomic_fetch_add(&r.next_bench, 1, __ATOMIC_RELAXED));
    return nullptr;
  }

  // Threads live for one call, so that nothing is left over where a process forks.
  void run_threads() {
    pthread_t helpers[64];
    num running = 0;
    const num wanted = smaller(threads() - 1, 64);
    while (running < wanted && !pthread_create(&helpers[running], nullptr, start, this)) running++;
    start(this);
    for (num k = 0; k < running; k++) pthread_join(helpers[k], nullptr);
  }

  int run(bool back) {
    backward = back;
    allocation = nullptr;
    const bool ready = plan() && allocate();
    if (ready) {
      pack();
      run_threads();
      if (backward && t.d_bias) unpack();
    }
    free(allocation);
    Schedule* all[5] = {&both, &alone, &whole, &back_to_state, &back_to_input};
    for (Schedule* schedule : all) free_schedule(*schedule);
    return ready ? 0 : 1;
  }
};

// Half a vector where it takes less of the machine: 24 channels are 2 x 16 or 3 x 8. Double
// precision has short vectors as it is.
template <class T> constexpr bool HALVES = VECTOR_BYTES > 32 && sizeof(T) == sizeof(float);
template <class T> bool takes_half(num F) {
  constexpr int V = VECTOR_BYTES / sizeof(T);
  return HALVES<T> && divide_up(F, V) * 2 > divide_up(F, V / 2);
}

template <class T> int run(const Problem& problem, const Tensors<T>& tensors, bool backward) {
  constexpr int V = VECTOR_BYTES / sizeof(T);
  if constexpr (HALVES<T>)
    if (takes_half<T>(problem.F)) return Recurrence<T, V / 2>(problem, tensors).run(backward);
  return Recurrence<T, V>(problem, tensors).run(backward);
}

// Numbers that one frame leaves for the way back.
template <class T> num record_size(const Problem& p) {
  const num V = VECTOR_BYTES / sizeof(T) / (takes_half<T>(p.F) ? 2 : 1);
  return p.H * p.W * divide_up(p.F, V) * V * 5;
}

}  // namespace

#define JOIN_(a, b, c) a##_##b##_##c
#define JOIN(a, b, c) JOIN_(a, b, c)
#define EXPORT(T, name)                                                                          \
  extern "C" __attribute__((visibility("default"))) int64_t JOIN(stforecast_record, BUILD, name)(  \
      const Problem* problem) { return record_size<T>(*problem); }                               \
  extern "C" __attribute__((visibility("default"))) int JOIN(stforecast_run, BUILD, name)(         \
      const Problem* problem, const Tensors<T>* tensors, int backward) {                         \
    return run<T>(*problem, *tensors, backward);                                                 \
  }

EXPORT(float, single)
EXPORT(double, double)
