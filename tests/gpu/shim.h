// Enough of CUDA to run a kernel's logic on the host: every thread of a block is a fiber, blocks
// run one after the other, and a barrier lets the other fibers go on. Shared memory keeps what the
// block before left in it, as on a device. A barrier that some threads never reach ends the launch
// with an error instead of hanging.
#pragma once
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>

#include <deque>
#include <functional>
#include <vector>

#define __global__
#define __device__
#define __constant__
#define __shared__ static
#define __launch_bounds__(...)
#define DYNAMIC_SHARED(type, name) type* name = reinterpret_cast<type*>(shim::dynamic_shared.data())

struct Dimensions {
    unsigned x = 1, y = 1, z = 1;
};
static Dimensions threadIdx, blockIdx, blockDim, gridDim;

namespace shim {

const unsigned WARP = 32;
const size_t STACK = 1 << 16;

struct Barrier {
    unsigned arrived = 0;
    unsigned long generation = 0;
};
struct Warp {
    Barrier barrier;
    unsigned long long slots[WARP];
};
struct Fiber {
    ucontext_t context;
    jmp_buf resume;
    bool started = false, done = false;
};

static std::deque<Fiber> fibers;  // they never move, and go on from launch to launch
static std::deque<std::vector<char>> stacks;
static std::vector<Warp> warps;
static std::vector<unsigned long long> dynamic_shared;
static Barrier block_barrier;
static unsigned long progress;
static int pooled;
static unsigned current;
static jmp_buf scheduler;
static ucontext_t entry;
static std::function<void()> body;

inline void yield() {
    // Plain jumps after the first entry: swapcontext would cost two system calls a barrier.
    if (_setjmp(fibers[current].resume) == 0) _longjmp(scheduler, 1);
}

inline void wait(Barrier& barrier, unsigned n) {
    const unsigned long generation = barrier.generation;
    progress++;
    if (++barrier.arrived == n) {
        barrier.arrived = 0;
        barrier.generation++;
        return;
    }
    while (barrier.generation == generation) yield();
    progress++;
}

inline void begin() {
    for (;;) {
        body();
        fibers[current].done = true;
        progress++;
        yield();
    }
}

inline void step(unsigned thread) {
    current = thread;
    threadIdx.x = thread;
    if (_setjmp(scheduler) != 0) return;
    if (fibers[thread].started) _longjmp(fibers[thread].resume, 1);
    ucontext_t& context = fibers[thread].context;
    fibers[thread].started = true;
    getcontext(&context);
    context.uc_stack.ss_sp = stacks[thread].data();
    context.uc_stack.ss_size = STACK;
    context.uc_link = nullptr;
    makecontext(&context, begin, 0);
    setcontext(&context);
}

// Runs a warp as far as it gets without the others, which brings warps as far apart as barriers
// allow; returns whether it has still to go on.
inline bool run_warp(unsigned first, bool backwards) {
    for (;;) {
        bool alive = false;
        const unsigned long before = progress;
        for (unsigned i = 0; i < WARP; i++) {
            const unsigned thread = first + (backwards ? WARP - 1 - i : i);
            if (fibers[thread].done) continue;
            step(thread);
            alive |= !fibers[thread].done;
        }
        if (!alive || progress == before) return alive;
    }
}

// Runs one block; false when its threads wait for one another for ever.
inline bool run_block(unsigned threads, bool backwards) {
    for (unsigned i = 0; i < threads; i++) fibers[i].done = false;
    block_barrier = Barrier();
    warps.assign((threads + WARP - 1) / WARP, Warp());
    for (bool alive = true; alive;) {
        alive = false;
        const unsigned long before = progress;
        for (unsigned i = 0; i < warps.size(); i++) {
            const unsigned warp = backwards ? warps.size() - 1 - i : i;
            alive |= run_warp(warp * WARP, backwards);
        }
        if (alive && progress == before) {
            fibers.clear();  // they are stuck where they are
            return false;
        }
    }
    return true;
}

// Runs a grid. `backwards` visits blocks and threads from the last to the first: what a missing
// barrier lets through in one order usually shows in the other.
inline int run(unsigned blocks, unsigned threads, unsigned shared, int backwards,
               std::function<void()> kernel) {
    body = kernel;
    blockDim.x = threads;
    gridDim.x = blocks;
    while (fibers.size() < threads) fibers.emplace_back();
    while (stacks.size() < threads) stacks.emplace_back(STACK);
    dynamic_shared.assign(shared / sizeof(unsigned long long) + 1, 0x5A5A5A5A5A5A5A5Aull);
    for (unsigned block = 0; block < blocks; block++) {
        blockIdx.x = backwards ? blocks - 1 - block : block;
        if (!run_block(threads, backwards)) return 1;
    }
    return 0;
}

template <class T>
inline T exchange(T value, unsigned source, bool valid = true) {
    Warp& warp = warps[threadIdx.x / WARP];
    const unsigned lane = threadIdx.x % WARP;
    warp.slots[lane] = 0;
    memcpy(&warp.slots[lane], &value, sizeof(T));
    wait(warp.barrier, WARP);
    T result = value;
    if (valid) memcpy(&result, &warp.slots[source % WARP], sizeof(T));
    wait(warp.barrier, WARP);
    return result;
}

}  // namespace shim

inline void __syncthreads() { shim::wait(shim::block_barrier, blockDim.x); }
inline void __syncwarp(unsigned = ~0u) {
    shim::wait(shim::warps[threadIdx.x / shim::WARP].barrier, shim::WARP);
}
inline int __syncthreads_or(int value) {
    __syncthreads();
    if (threadIdx.x == 0) shim::pooled = 0;
    __syncthreads();
    shim::pooled |= value != 0;
    __syncthreads();
    return shim::pooled;
}

template <class T>
inline T __shfl_sync(unsigned, T value, int lane) {
    return shim::exchange(value, (unsigned)lane);
}
template <class T>
inline T __shfl_up_sync(unsigned, T value, unsigned delta) {
    const unsigned lane = threadIdx.x % shim::WARP;
    return shim::exchange(value, lane - delta, lane >= delta);
}
template <class T>
inline T __shfl_down_sync(unsigned, T value, unsigned delta) {
    const unsigned lane = threadIdx.x % shim::WARP;
    return shim::exchange(value, lane + delta, lane + delta < shim::WARP);
}
template <class T>
inline T __shfl_xor_sync(unsigned, T value, int mask) {
    return shim::exchange(value, (threadIdx.x % shim::WARP) ^ (unsigned)mask);
}
inline unsigned __ballot_sync(unsigned, int value) {
    shim::Warp& warp = shim::warps[threadIdx.x / shim::WARP];
    warp.slots[threadIdx.x % shim::WARP] = value != 0;
    shim::wait(warp.barrier, shim::WARP);
    unsigned ballot = 0;
    for (unsigned lane = 0; lane < shim::WARP; lane++) ballot |= (unsigned)warp.slots[lane] << lane;
    shim::wait(warp.barrier, shim::WARP);
    return ballot;
}
inline int __any_sync(unsigned mask, int value) { return __ballot_sync(mask, value) != 0; }

inline int __popc(unsigned value) { return __builtin_popcount(value); }
inline int __clz(int value) { return value ? __builtin_clz((unsigned)value) : 32; }
inline int __ffs(int value) { return __builtin_ffs(value); }

// One fiber runs at a time and gives up control at barriers alone, so plain steps are atomic.
template <class T>
inline T atomicAdd(T* at, T value) {
    T old = *at;
    *at = old + value;
    return old;
}
template <class T>
inline T atomicMin(T* at, T value) {
    T old = *at;
    if (value < old) *at = value;
    return old;
}
template <class T>
inline T atomicMax(T* at, T value) {
    T old = *at;
    if (value > old) *at = value;
    return old;
}
template <class T>
inline T atomicOr(T* at, T value) {
    T old = *at;
    *at = old | value;
    return old;
}
template <class T>
inline T atomicCAS(T* at, T expected, T value) {
    T old = *at;
    if (old == expected) *at = value;
    return old;
}
template <class T>
inline T atomicExch(T* at, T value) {
    T old = *at;
    *at = value;
    return old;
}

inline double __dmul_rn(double a, double b) { return a * b; }
inline double __dadd_rn(double a, double b) { return a + b; }
inline double __ddiv_rn(double a, double b) { return a / b; }
