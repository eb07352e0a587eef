"""The report's first program (parts 1b and 1c), flat: LeNet5 on 28x28 grayscale CIFAR10.

Every line that the report prints of them stands here in the report's order and with its names, but
for two whose comments say so. What the report shows only as an excerpt (placeholders, layer
helpers, the last layer) is completed from the course's starter code, which also reads the images;
part 1a's program, which counts them, is ``elec576/data/size.py``. Only four things were added: the
settings are read from the command line, the kernels are pinned, both random generators are seeded,
and ``--dump`` writes every number that was computed.

    python starter/trainCifarStarterCode.py                          # the report's listing
    python starter/trainCifarStarterCode.py --act relu --steps 5000  # its run 1

It stands alone (no import from elec576) and is what the package is compared with, bit for bit.
"""
import argparse
import os

# --------------------------------------------------
# settings

parser = argparse.ArgumentParser(description='LeNet5 on CIFAR10, as listed in the report')
parser.add_argument('--act', default='relu', choices=['relu', 'tanh', 'sigmoid'])
parser.add_argument('--fc-act', default='tanh', choices=['relu', 'tanh', 'sigmoid'])
parser.add_argument('--optimizer', default='adam',
                    choices=['adam', 'sgd', 'momentum', 'rmsprop', 'adagrad'])
parser.add_argument('--lr', type=float, default=1e-3)
parser.add_argument('--init', default='truncated-normal', choices=['truncated-normal', 'xavier'])
parser.add_argument('--stddev', type=float, default=0.1)
parser.add_argument('--steps', type=int, default=3000, help="the listing's step_size")
parser.add_argument('--train-per-class', type=int, default=800)
parser.add_argument('--test-per-class', type=int, default=100)
parser.add_argument('--batch-size', type=int, default=50)
parser.add_argument('--keep-prob', type=float, default=0.5)
parser.add_argument('--eval-keep-prob', type=float, help='of both train evaluations (--keep-prob)')
parser.add_argument('--log-every', type=int, default=1000)
parser.add_argument('--seed', type=int, default=0)
parser.add_argument('--threads', type=int, default=0, help='0: all cores')
parser.add_argument('--isa', default='avx2', choices=['avx2', 'avx512'])
parser.add_argument('--data', default=os.environ.get('ELEC576_DATA', '.'),
                    help='the folder that holds CIFAR10/')
parser.add_argument('--dump', help='write history, trained variables and activations to this .npz')
args = parser.parse_args()

# --------------------------------------------------
# kernels, chosen before TensorFlow is loaded: they decide the last bits

for name in list(os.environ):
    if name.startswith(('TF_', 'TENSORFLOW_', 'XLA_', 'ONEDNN_', 'DNNL_', 'MKL_', 'OMP_', 'KMP_')) \
            and not name.startswith('TF_CPP_'):
        del os.environ[name]
os.environ['TF_ENABLE_ONEDNN_OPTS'] = '1'
os.environ['ONEDNN_MAX_CPU_ISA'] = {'avx2': 'AVX2', 'avx512': 'AVX512_CORE'}[args.isa]

import imageio.v2 as imageio
import matplotlib.pyplot as plt
import numpy as np
import tensorflow as tf

if (tf.__version__.split('.')[0] == '2'):
    import tensorflow.compat.v1 as tf
    tf.disable_v2_behavior()

activation = {'relu': tf.nn.relu, 'tanh': tf.nn.tanh, 'sigmoid': tf.nn.sigmoid}


# --------------------------------------------------
# setup

def weight_variable(shape):
    if args.init == 'xavier':
        # the class behind the report's tf.compat.v1.keras.initializers.glorot_normal():
        # today's alias of that name ignores the graph's seed
        initial = tf.glorot_normal_initializer()
        W = initial(shape)
        return tf.Variable(W)
    initial = tf.truncated_normal(shape, stddev=args.stddev)
    return tf.Variable(initial)


def bias_variable(shape):
    initial = tf.constant(0.1, shape=shape)
    return tf.Variable(initial)


def conv2d(x, W):
    return tf.nn.conv2d(x, W, strides=[1, 1, 1, 1], padding='SAME')


def max_pool_2x2(x):
    return tf.nn.max_pool(x, ksize=[1, 2, 2, 1], strides=[1, 2, 2, 1], padding='SAME')


def main():
    np.random.seed(args.seed)
    tf.set_random_seed(args.seed)

    ntrain = args.train_per_class  # per class
    ntest = args.test_per_class  # per class
    nclass = 10  # number of classes
    imsize = 28
    nchannels = 1
    batchsize = args.batch_size

    Train = np.zeros((ntrain * nclass, imsize, imsize, nchannels))
    Test = np.zeros((ntest * nclass, imsize, imsize, nchannels))
    LTrain = np.zeros((ntrain * nclass, nclass))
    LTest = np.zeros((ntest * nclass, nclass))

    itrain = -1
    itest = -1
    for iclass in range(0, nclass):
        for isample in range(0, ntrain):
            path = 'CIFAR10/Train/%d/Image%05d.png' % (iclass, isample)
            im = imageio.imread(os.path.join(args.data, path))  # 28 by 28
            im = im.astype(float) / 255
            itrain += 1
            Train[itrain, :, :, 0] = im
            LTrain[itrain, iclass] = 1  # 1-hot lable
        for isample in range(0, ntest):
            path = 'CIFAR10/Test/%d/Image%05d.png' % (iclass, isample)
            im = imageio.imread(os.path.join(args.data, path))  # 28 by 28
            im = im.astype(float) / 255
            itest += 1
            Test[itest, :, :, 0] = im
            LTest[itest, iclass] = 1  # 1-hot lable

    sess = tf.InteractiveSession(config=tf.ConfigProto(
        device_count={'GPU': 0},
        intra_op_parallelism_threads=args.threads, inter_op_parallelism_threads=args.threads))

    tf_data = tf.placeholder(tf.float32, shape=[None, imsize, imsize, nchannels])
    tf_labels = tf.placeholder(tf.float32, shape=[None, nclass])

    # --------------------------------------------------
    # model

    W_conv1 = weight_variable([5, 5, 1, 32])
    b_conv1 = bias_variable([32])
    h_conv1 = activation[args.act](conv2d(tf_data, W_conv1) + b_conv1)
    h_pool1 = max_pool_2x2(h_conv1)

    W_conv2 = weight_variable([5, 5, 32, 64])
    b_conv2 = bias_variable([64])
    h_conv2 = activation[args.act](conv2d(h_pool1, W_conv2) + b_conv2)
    h_pool2 = max_pool_2x2(h_conv2)

    W_fc1 = weight_variable([7 * 7 * 64, 1024])
    b_fc1 = bias_variable([1024])
    h_pool2_flat = tf.reshape(h_pool2, [-1, 7 * 7 * 64])
    h_fc1 = activation[args.fc_act](tf.matmul(h_pool2_flat, W_fc1) + b_fc1)
    # dropout
    keep_prob = tf.placeholder(tf.float32)
    h_fc1_drop = tf.nn.dropout(h_fc1, keep_prob)

    W_fc2 = weight_variable([1024, 10])
    b_fc2 = bias_variable([10])
    y_conv = tf.matmul(h_fc1_drop, W_fc2) + b_fc2

    # --------------------------------------------------
    # loss
    # set up the loss, optimization, evaluation, and accuracy

    cross_entropy = tf.reduce_mean(
        tf.nn.softmax_cross_entropy_with_logits(labels=tf_labels, logits=y_conv))
    correct_prediction = tf.equal(tf.argmax(y_conv, 1), tf.argmax(tf_labels, 1))
    # optimization
    optimizer = {
        'adam': lambda lr: tf.train.AdamOptimizer(lr),
        'sgd': lambda lr: tf.train.GradientDescentOptimizer(lr),
        'momentum': lambda lr: tf.train.MomentumOptimizer(lr, 0.9),
        'rmsprop': lambda lr: tf.train.RMSPropOptimizer(lr),
        'adagrad': lambda lr: tf.train.AdagradOptimizer(lr),
    }[args.optimizer](args.lr).minimize(cross_entropy)
    accuracy = tf.reduce_mean(tf.cast(correct_prediction, tf.float32), name='accuracy')

    sess.run(tf.initialize_all_variables())

    # setup as [batchsize, width, height, numberOfChannels] and use np.zeros()
    batch_xs = np.zeros((batchsize, imsize, imsize, nchannels))
    # setup as [batchsize, the how many classes]
    batch_ys = np.zeros((batchsize, nclass))

    step_size = args.steps
    eval_keep_prob = args.keep_prob if args.eval_keep_prob is None else args.eval_keep_prob
    train_accuracy_list = []
    train_loss_list = []
    step_list = []
    test_accuracy_list = []
    test_loss_list = []
    for i in range(step_size):  # try a small iteration size once it works then continue
        perm = np.arange(ntrain * nclass)
        np.random.shuffle(perm)
        for j in range(batchsize):
            batch_xs[j, :, :, :] = Train[perm[j], :, :, :]
            batch_ys[j, :] = LTrain[perm[j], :]
        train_accuracy = accuracy.eval(feed_dict={
            tf_data: batch_xs, tf_labels: batch_ys, keep_prob: eval_keep_prob})
        train_accuracy_list.append(train_accuracy)
        train_loss = cross_entropy.eval(feed_dict={
            tf_data: batch_xs, tf_labels: batch_ys, keep_prob: eval_keep_prob})
        train_loss_list.append(train_loss)
        step_list.append(i)
        test_accuracy = accuracy.eval(feed_dict={
            tf_data: Test, tf_labels: LTest, keep_prob: 1.0})
        test_accuracy_list.append(test_accuracy)
        test_loss = cross_entropy.eval(feed_dict={
            tf_data: Test, tf_labels: LTest, keep_prob: 1.0})
        test_loss_list.append(test_loss)
        if i % args.log_every == 0 or i == step_size:
            # calculate train accuracy and print it
            print("step %d, training accuracy %g" % (i, train_accuracy))
            print("step %d, training loss %g" % (i, train_loss))
        optimizer.run(feed_dict={
            tf_data: batch_xs, tf_labels: batch_ys,
            keep_prob: args.keep_prob})  # dropout only during training

    final_accuracy = accuracy.eval(feed_dict={tf_data: Test, tf_labels: LTest, keep_prob: 1.0})
    print("test accuracy %g" % final_accuracy)

    # calculate statistics of the activations
    h1 = h_conv1.eval(feed_dict={tf_data: Test, tf_labels: LTest, keep_prob: 1.0})
    h2 = h_conv2.eval(feed_dict={tf_data: Test, tf_labels: LTest, keep_prob: 1.0})
    mean_h1 = np.mean(np.array(h1))
    std_h1 = np.std(np.array(h1))
    var_h1 = np.var(np.array(h1))  # the report's listing says h2; its printed number is of h1
    mean_h2 = np.mean(np.array(h2))
    std_h2 = np.std(np.array(h2))
    var_h2 = np.var(np.array(h2))
    print("ReLu activation 1: mean %g, standard deviation %g, variance %g"
          % (mean_h1, std_h1, var_h1))
    print("ReLu activation 2: mean %g, standard deviation %g, variance %g"
          % (mean_h2, std_h2, var_h2))

    first_conv_weight = W_conv1.eval()

    if args.dump:
        np.savez(args.dump, step=step_list, train_accuracy=train_accuracy_list,
                 train_loss=train_loss_list, test_accuracy=test_accuracy_list,
                 test_loss=test_loss_list, final_accuracy=final_accuracy,
                 activations=[mean_h1, std_h1, var_h1, mean_h2, std_h2, var_h2],
                 **{'variable_%d' % k: v
                    for k, v in enumerate(sess.run(tf.trainable_variables()))})

    plt.figure(figsize=(12, 9))
    plt.subplot(1, 2, 1)
    plt.plot(np.array(step_list), train_accuracy_list, label='Train')
    plt.plot(np.array(step_list), test_accuracy_list, label='Test')
    plt.title('Accuracy')
    plt.legend()
    plt.xlabel('Steps')
    plt.ylabel('Accuracy')
    plt.ylim(0, 1)

    plt.subplot(1, 2, 2)
    plt.plot(np.array(step_list), train_loss_list, label='Train')
    plt.plot(np.array(step_list), test_loss_list, label='Test')
    plt.title('Cross Entropy')
    plt.legend()
    plt.xlabel('Steps')
    plt.ylabel('Loss')
    plt.show()

    n_filters, ix = 32, 1
    for i in range(n_filters):
        f = first_conv_weight[:, :, :, i]
        # specify subplot and turn off axis
        ax = plt.subplot(4, 8, ix)
        # plot filter channel in grayscale
        plt.imshow(f[:, :, 0], cmap='gray')
        ix += 1
        plt.axis('off')
    # show the figure
    plt.show()

    sess.close()


if __name__ == '__main__':
    main()
