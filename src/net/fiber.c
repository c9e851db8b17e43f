/*
 * The switch saves what the calling convention says a function must keep (callee-saved
 * registers, the floating-point control words) on the old stack and takes it from the new: about
 * ten nanoseconds, where swapcontext(3) makes two system calls for the signal mask.  Signal masks
 * are the thread's and no task changes them.
 *
 * x86-64 and aarch64 have their own switch here; other machines use ucontext
 * (FIBER_UCONTEXT asks for it, to try it here).  The sanitizers are told of
 * each switch, because they keep a shadow of the stack.  Under them frames are larger, so stacks are too.
 */
#include "net/fiber.h"

#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__)
#define FIBER_ASAN 1
#elif defined(__SANITIZE_THREAD__)
#define FIBER_TSAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define FIBER_ASAN 1
#elif __has_feature(thread_sanitizer)
#define FIBER_TSAN 1
#endif
#endif

#ifdef FIBER_ASAN
#include <sanitizer/common_interface_defs.h>
#endif
#ifdef FIBER_TSAN
#include <sanitizer/tsan_interface.h>
#endif

#if defined(FIBER_ASAN) || defined(FIBER_TSAN)
enum { STACK_FACTOR = 4 };
#else
enum { STACK_FACTOR = 1 };
#endif

enum { PAGE_BYTES_LEAST = 4096 };

#if defined(__x86_64__) && defined(__LP64__) && !defined(FIBER_UCONTEXT)

void fiber_jump(void **save_sp, void *to_sp);
void fiber_first(void);

/*
 * The frame, from the saved stack pointer up: control words, r15 r14 r13 r12 rbx rbp, return address.
 * fiber_first is where the first jump returns to: r12 holds the object, r13 the entry.
 */
__asm__(".text\n"
        ".p2align 4\n"
        ".globl fiber_jump\n"
        ".hidden fiber_jump\n"
        ".type fiber_jump, @function\n"
        "fiber_jump:\n"
        "    .cfi_startproc\n"
        "    endbr64\n"
        "    pushq %rbp\n"
        "    .cfi_adjust_cfa_offset 8\n"
        "    pushq %rbx\n"
        "    .cfi_adjust_cfa_offset 8\n"
        "    pushq %r12\n"
        "    .cfi_adjust_cfa_offset 8\n"
        "    pushq %r13\n"
        "    .cfi_adjust_cfa_offset 8\n"
        "    pushq %r14\n"
        "    .cfi_adjust_cfa_offset 8\n"
        "    pushq %r15\n"
        "    .cfi_adjust_cfa_offset 8\n"
        "    subq $8, %rsp\n"
        "    .cfi_adjust_cfa_offset 8\n"
        "    stmxcsr (%rsp)\n"
        "    fnstcw 4(%rsp)\n"
        "    movq %rsp, (%rdi)\n"
        "    movq %rsi, %rsp\n"
        "    ldmxcsr (%rsp)\n"
        "    fldcw 4(%rsp)\n"
        "    addq $8, %rsp\n"
        "    .cfi_adjust_cfa_offset -8\n"
        "    popq %r15\n"
        "    .cfi_adjust_cfa_offset -8\n"
        "    popq %r14\n"
        "    .cfi_adjust_cfa_offset -8\n"
        "    popq %r13\n"
        "    .cfi_adjust_cfa_offset -8\n"
        "    popq %r12\n"
        "    .cfi_adjust_cfa_offset -8\n"
        "    popq %rbx\n"
        "    .cfi_adjust_cfa_offset -8\n"
        "    popq %rbp\n"
        "    .cfi_adjust_cfa_offset -8\n"
        "    ret\n"
        "    .cfi_endproc\n"
        ".size fiber_jump, .-fiber_jump\n"
        ".p2align 4\n"
        ".globl fiber_first\n"
        ".hidden fiber_first\n"
        ".type fiber_first, @function\n"
        "fiber_first:\n"
        "    .cfi_startproc\n"
        "    .cfi_undefined rip\n"
        "    endbr64\n"
        "    movq %r12, %rdi\n"
        "    callq *%r13\n"
        "    ud2\n"
        "    .cfi_endproc\n"
        ".size fiber_first, .-fiber_first\n");

static void *
first_frame(unsigned char *top, void (*entry)(void *), void *object)
{
    uint64_t frame[8] = {0};

    /* What a new thread has: all exceptions masked, round to nearest, 64-bit x87. */
    frame[0] = 0x1f80 | (UINT64_C(0x037f) << 32);
    frame[3] = (uint64_t)(uintptr_t)entry;       /* r13 */
    frame[4] = (uint64_t)(uintptr_t)object;      /* r12 */
    frame[7] = (uint64_t)(uintptr_t)fiber_first; /* where ret goes */
    memcpy(top - sizeof(frame), frame, sizeof(frame));
    return top - sizeof(frame);
}

#elif defined(__aarch64__) && defined(__LP64__) && !defined(FIBER_UCONTEXT)

void fiber_jump(void **save_sp, void *to_sp);
void fiber_first(void);

/* The frame: x29 x30, x19..x28, d8..d15, fpcr.  hint 34 is "bti c". */
__asm__(".text\n"
        ".p2align 4\n"
        ".globl fiber_jump\n"
        ".hidden fiber_jump\n"
        ".type fiber_jump, %function\n"
        "fiber_jump:\n"
        "    hint #34\n"
        "    stp x29, x30, [sp, #-176]!\n"
        "    stp x19, x20, [sp, #16]\n"
        "    stp x21, x22, [sp, #32]\n"
        "    stp x23, x24, [sp, #48]\n"
        "    stp x25, x26, [sp, #64]\n"
        "    stp x27, x28, [sp, #80]\n"
        "    stp d8, d9, [sp, #96]\n"
        "    stp d10, d11, [sp, #112]\n"
        "    stp d12, d13, [sp, #128]\n"
        "    stp d14, d15, [sp, #144]\n"
        "    mrs x9, fpcr\n"
        "    str x9, [sp, #160]\n"
        "    mov x9, sp\n"
        "    str x9, [x0]\n"
        "    mov sp, x1\n"
        "    ldr x9, [sp, #160]\n"
        "    msr fpcr, x9\n"
        "    ldp x19, x20, [sp, #16]\n"
        "    ldp x21, x22, [sp, #32]\n"
        "    ldp x23, x24, [sp, #48]\n"
        "    ldp x25, x26, [sp, #64]\n"
        "    ldp x27, x28, [sp, #80]\n"
        "    ldp d8, d9, [sp, #96]\n"
        "    ldp d10, d11, [sp, #112]\n"
        "    ldp d12, d13, [sp, #128]\n"
        "    ldp d14, d15, [sp, #144]\n"
        "    ldp x29, x30, [sp], #176\n"
        "    ret\n"
        ".size fiber_jump, .-fiber_jump\n"
        ".p2align 4\n"
        ".globl fiber_first\n"
        ".hidden fiber_first\n"
        ".type fiber_first, %function\n"
        "fiber_first:\n"
        "    hint #34\n"
        "    mov x0, x19\n"
        "    blr x20\n"
        "    brk #1\n"
        ".size fiber_first, .-fiber_first\n");

static void *
first_frame(unsigned char *top, void (*entry)(void *), void *object)
{
    uint64_t frame[22] = {0};

    frame[1] = (uint64_t)(uintptr_t)fiber_first; /* x30 */
    frame[2] = (uint64_t)(uintptr_t)object;      /* x19 */
    frame[3] = (uint64_t)(uintptr_t)entry;       /* x20 */
    memcpy(top - sizeof(frame), frame, sizeof(frame));
    return top - sizeof(frame);
}

#else

#include <ucontext.h>

/* The context lies in the frame, so that sp means the same thing on every machine. */
static void
fiber_jump(void **save_sp, void *to_sp)
{
    ucontext_t here;

    *save_sp = &here;
    CHECK(swapcontext(&here, to_sp) == 0);
}

/* makecontext passes ints, so a pointer travels in two. */
struct first_call {
    void (*entry)(void *);
    void *object;
};

static void
fiber_first(unsigned high, unsigned low)
{
    const struct first_call *call =
        (const struct first_call *)(uintptr_t)(((uint64_t)high << 32) | low);

    call->entry(call->object);
}

static void *
first_frame(unsigned char *top, void (*entry)(void *), void *object)
{
    struct first_call *call = (struct first_call *)(void *)(top - 64);
    ucontext_t *context = (ucontext_t *)(void *)(top - 64 - ((sizeof(ucontext_t) + 63) & ~(size_t)63));
    uint64_t address = (uint64_t)(uintptr_t)call;

    *call = (struct first_call){entry, object};
    CHECK(getcontext(context) == 0);
    /* makecontext works downwards from the end of what it is given; the page below is ours too. */
    context->uc_stack.ss_sp = (unsigned char *)context - PAGE_BYTES_LEAST;
    context->uc_stack.ss_size = PAGE_BYTES_LEAST;
    context->uc_link = NULL;
    makecontext(context, (void (*)(void))fiber_first, 2, (unsigned)(address >> 32),
                (unsigned)(address & 0xffffffffu));
    return context;
}

#endif

static size_t
page_bytes(void)
{
    long bytes = sysconf(_SC_PAGESIZE);

    return bytes >= PAGE_BYTES_LEAST ? (size_t)bytes : PAGE_BYTES_LEAST;
}

void *
fiber_new(size_t stack_bytes, size_t object_bytes, void (*entry)(void *object))
{
    size_t page = page_bytes();
    size_t object_room = (object_bytes + 63) & ~(size_t)63;
    size_t size = (stack_bytes * STACK_FACTOR + object_room + page - 1) / page * page;

    CHECK(object_bytes >= sizeof(struct fiber) && stack_bytes >= PAGE_BYTES_LEAST);
    unsigned char *map = mmap(NULL, size + page, PROT_READ | PROT_WRITE,
                              MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK | MAP_NORESERVE, -1, 0);
    if (map == MAP_FAILED) {
        return NULL;
    }
    if (mprotect(map, page, PROT_NONE) != 0) {
        (void)munmap(map, size + page);
        return NULL;
    }

    unsigned char *top = map + page + size - object_room;
    struct fiber *f = (struct fiber *)(void *)top;
    f->bottom = map + page;
    f->size_bytes = size;
    f->sp = first_frame(top, entry, f);
#ifdef FIBER_TSAN
    f->sanitizer = __tsan_create_fiber(0);
#endif
    return f;
}

void
fiber_free(struct fiber *f)
{
    size_t page = page_bytes();

#ifdef FIBER_TSAN
    __tsan_destroy_fiber(f->sanitizer);
#endif
    CHECK(munmap(f->bottom - page, f->size_bytes + page) == 0);
}

void
fiber_of_thread(struct fiber *f)
{
    *f = (struct fiber){0};
#ifdef FIBER_TSAN
    f->sanitizer = __tsan_get_current_fiber();
#endif
}

void
fiber_switch(struct fiber *from, struct fiber *to, bool rests)
{
    to->back = from;
#if defined(FIBER_ASAN)
    from->sanitizer = NULL;
    /* Without a place to save it, AddressSanitizer drops the fake stack: nothing on it is alive. */
    __sanitizer_start_switch_fiber(rests ? NULL : &from->sanitizer, to->bottom, to->size_bytes);
#elif defined(FIBER_TSAN)
    __tsan_switch_to_fiber(to->sanitizer, 0);
#endif
    (void)rests;
    fiber_jump(&from->sp, to->sp);
#ifdef FIBER_ASAN
    __sanitizer_finish_switch_fiber(from->sanitizer, NULL, NULL);
#endif
}

void
fiber_entered(struct fiber *f)
{
#ifdef FIBER_ASAN
    const void *bottom = NULL;
    size_t size_bytes = 0;

    /* Here AddressSanitizer tells where the thread's own stack lies. */
    __sanitizer_finish_switch_fiber(NULL, &bottom, &size_bytes);
    f->back->bottom = (unsigned char *)(uintptr_t)bottom;
    f->back->size_bytes = size_bytes;
#else
    (void)f;
#endif
}

void
fiber_trim(struct fiber *f)
{
    size_t page = page_bytes();
    uintptr_t bottom = (uintptr_t)f->bottom;
    uintptr_t in_use = (uintptr_t)f->sp / page * page;

    /* A stack that is hardly used has nothing to give; the call would cost more than the page. */
    if (in_use > bottom) {
        (void)madvise(f->bottom, in_use - bottom, MADV_DONTNEED);
    }
}
